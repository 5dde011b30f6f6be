import { errorKind, isSecretSyncError } from '@ack-secret-manager/core'

const MAX_FRAMES = 10
const FRAME = /^ {4}at \S.*:\d+:\d+\)?$/

/**
 * Report of an uncaught error before the process exits: kind and stack, and for a `SecretSyncError` also code and message.
 * Node would print message and properties of any error, and a library may have put a secret value there.
 */
export function crashReport(error: unknown): string {
  const kind = isSecretSyncError(error) ? `${error.code}: ${error.message}` : errorKind(error)
  return [`unexpected ${kind}; this is a defect, please report it`, ...framesOf(error)].join('\n')
}

/** Frames of the stack. None if the stack has an unknown format, because the message could look like frames. */
function framesOf(error: unknown): readonly string[] {
  const [stack, message] = textsOf(error)
  // The name may have changed since, and Node appends the code of its own errors.
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
    // The stack is formatted on first access, which fails if the name has a throwing `toString`.
    return ['', '']
  }
}
