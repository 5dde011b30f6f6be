import { errorCodeOf } from './error-code-of.ts'
import { fieldOf } from './field-of.ts'

/** Messages of client-node without content: `users[0].name is missing`. */
const MISSING = /^(?:clusters|contexts|users)\[\d+\]\.[a-z.]+ is missing$/

/**
 * Which of the files cannot be loaded, why, and where. Quotes nothing of a file, because it contains credentials.
 * @param load reads one file
 * @returns undefined if each file can be loaded alone
 */
export function kubeconfigProblem(files: readonly string[], load: (file: string) => void): string | undefined {
  for (const file of files) {
    try {
      load(file)
    } catch (error) {
      return `kubeconfig ${file}${problemOf(error)}`
    }
  }
  return undefined
}

function problemOf(error: unknown): string {
  if (!(error instanceof Error)) return ': cannot be read; check the file'
  if (error.name === 'YAMLException') {
    const [line, column] = [fieldOf(fieldOf(error, 'mark'), 'line'), fieldOf(fieldOf(error, 'mark'), 'column')]
    if (typeof line !== 'number' || typeof column !== 'number') return ': has several YAML documents or none; keep one'
    return `:${line + 1}:${column + 1}: is not valid YAML; correct the file`
  }
  if (MISSING.test(error.message)) return `: ${error.message}; correct the file`
  return `: cannot be read (${errorCodeOf(error)}); check the file`
}
