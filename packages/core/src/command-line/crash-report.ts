import { errorKind } from '../errors/error-kind.ts'
import { isSecretSyncError } from '../errors/secret-sync-error.ts'

const MAX_FRAMES = 10
const FRAME = /^ {4}at \S.*:\d+:\d+\)?$/

/**
 * What a process may say of an error that nobody caught, before it ends: kind and place, and of a `SecretSyncError`, which is
 * fit to be shown, code and message. Of others Node would print the message and every property as well, and whoever threw it
 * may have put a value there.
 */
export function crashReport(error: unknown): string {
  const told = isSecretSyncError(error) ? `${error.code}: ${error.message}` : errorKind(error)
  return [`unexpected ${told}; this is a defect, please report it`, ...framesOf(error)].join('\n')
}

/** None where the stack does not begin as Node writes it: what follows the message could be a part of it. */
function framesOf(error: unknown): readonly string[] {
  const [stack, message] = textsOf(error)
  // The name may have changed since, and Node puts the code of its own errors behind it.
  const rest = stack.replace(/^\w+(?: \[\w+\])?/, '')
  const heads = message === '' ? ['\n', ': \n'] : [`: ${message}\n`]
  const head = heads.find((text) => rest.startsWith(text))
  if (head === undefined) return []
  const lines = rest.slice(head.length).split('\n')
  return lines.filter((line) => FRAME.test(line)).slice(0, MAX_FRAMES)
}

function textsOf(error: unknown): readonly [stack: string, message: string] {
  try {
    const { stack, message }: { readonly stack?: unknown; readonly message?: unknown } =
      error instanceof Error ? error : {}
    return typeof stack === 'string' && typeof message === 'string' ? [stack, message] : ['', '']
  } catch {
    // It is made when it is first read, of a name that may be anything.
    return ['', '']
  }
}
