import { typedText, UsageError } from '@ack-secret-manager/command-line'
import { jmesPathOf } from '../jmes-path.ts'
import { isVariableName } from './variable-names.ts'

/** Where the value of a variable comes from. */
export interface GetEntry {
  readonly variable: string
  readonly secret: string
  /** JMESPath into the document; undefined for the whole value. */
  readonly path: string | undefined
}

const MAX_ENTRIES = 100

/**
 * Parses `--get NAME=SECRET[#PATH]`. PATH is a JMESPath; a word like `db-password`, which is none, is a key.
 * Secrets have no `#` in their names, but may have a `=`.
 * @throws UsageError; it repeats only names
 */
export function getEntries(texts: readonly string[]): readonly GetEntry[] {
  if (texts.length > MAX_ENTRIES) throw new UsageError(`--get: at most ${MAX_ENTRIES}; use a manifest`)
  const seen = new Set<string>()
  return texts.map((text) => {
    const equals = text.indexOf('=')
    const variable = equals === -1 ? text : text.slice(0, equals)
    const shown = typedText(variable, 'word')
    if (equals === -1) throw new UsageError(`--get ${shown}: expected NAME=SECRET, or NAME=SECRET#PATH`)
    if (!isVariableName(variable)) {
      throw new UsageError(`--get ${shown}=…: expected the name of an environment variable before the first =`)
    }
    if (seen.has(variable)) throw new UsageError(`--get ${variable}: given twice`)
    seen.add(variable)
    const [secret = '', ...path] = text.slice(equals + 1).split('#')
    if (secret === '') throw new UsageError(`--get ${variable}=: expected the name of a secret`)
    if (path.length > 0 && path.join('#') === '') throw new UsageError(`--get ${variable}: expected a path after #`)
    return { variable, secret, path: path.length === 0 ? undefined : jmesPathOf(path.join('#')) }
  })
}
