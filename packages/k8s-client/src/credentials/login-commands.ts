import { type ChildProcess, spawn, type SpawnOptions } from 'node:child_process'
import type { KubeConfig } from '@kubernetes/client-node'
import { fieldOf } from './field-of.ts'

/** Far more than a token and a certificate chain. */
const MAX_OUTPUT_BYTES = 1_048_576
/** Time for a command to end after SIGTERM. */
const GRACE_MS = 2_000

/**
 * Ends login commands (exec plugins) of a kubeconfig when the signal aborts, or when they print too much. `client-node` waits for them
 * without a limit, so that each further load would start one more while a command hangs. It also drops what they print on stderr,
 * which `onOutput` receives.
 */
export function superviseLoginCommands(
  config: KubeConfig,
  { signal, onOutput }: { readonly signal: AbortSignal; readonly onOutput: ((text: string) => void) | undefined },
): void {
  const start = (command: string, args: readonly string[] = [], options: SpawnOptions = {}): ChildProcess => {
    const child = spawn(command, args, { ...options, signal })
    const killOnAbort = (): void => killAfterGrace(child)
    signal.addEventListener('abort', killOnAbort, { once: true })
    child.once('close', () => signal.removeEventListener('abort', killOnAbort))
    let bytes = 0
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: string | Uint8Array) => {
        bytes += chunk.length
        if (bytes > MAX_OUTPUT_BYTES) child.kill()
      })
    }
    child.once('error', ({ name }) => {
      if (name === 'AbortError') onOutput?.(`the login command ${command} did not end, and was stopped\n`)
    })
    if (onOutput !== undefined) child.stderr?.setEncoding('utf8').on('data', onOutput)
    return child
  }
  const authenticators = fieldOf(config, 'authenticators')
  for (const each of Array.isArray(authenticators) ? authenticators : []) {
    if (fieldOf(each, 'execFn') !== undefined) Reflect.set(each, 'execFn', start)
  }
}

/** For a command that ignores SIGTERM: the next load would start one more. */
function killAfterGrace(child: ChildProcess): void {
  const kill = (): void => void child.kill('SIGKILL')
  const grace = setTimeout(kill, GRACE_MS).unref()
  process.once('exit', kill)
  child.once('exit', () => {
    clearTimeout(grace)
    process.removeListener('exit', kill)
  })
}
