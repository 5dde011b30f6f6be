// Imports only Node: the job that may publish installs nothing.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const DEADLINE_MS = 2 * 60_000

/** What a registry has of `NAME@VERSION`. */
export type PublishedVersion =
  | { readonly kind: 'version'; readonly integrity: string }
  | { readonly kind: 'no version' }
  | { readonly kind: 'no package' }

export async function publishedVersion(spec: string, env: NodeJS.ProcessEnv): Promise<PublishedVersion> {
  try {
    const found = await npm(['view', spec, 'dist.integrity', '--json'], env)
    return found.trim() === '' ? { kind: 'no version' } : { kind: 'version', integrity: JSON.parse(found) as string }
  } catch (error) {
    if (error instanceof Error && /\bE404\b/.test(error.message))
      return { kind: /No match found for version/.test(error.message) ? 'no version' : 'no package' }
    throw error
  }
}

/** @returns the output of npm @throws Error with its message */
export async function npm(args: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  try {
    const options = { env, timeout: DEADLINE_MS, maxBuffer: 2 ** 24 }
    return (await promisify(execFile)('npm', [...args, '--loglevel=error'], options)).stdout
  } catch (cause) {
    const said = cause instanceof Error && 'stderr' in cause ? String(cause.stderr).trim() : ''
    throw new Error(`npm ${args.slice(0, 2).join(' ')}: ${said || String(cause)}`, { cause })
  }
}
