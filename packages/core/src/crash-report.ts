import { errorKind } from './error-kind.ts'

const MAX_FRAMES = 10

/**
 * What a process may say of an error that nobody caught, before it ends: kind and place. Node would print the message and
 * every property as well, and whoever threw it may have put a value there.
 */
export function crashReport(error: unknown): string {
  return [`unexpected ${errorKind(error)}; this is a defect, please report it`, ...framesOf(error)].join('\n')
}

/** None where the stack does not begin as Node writes it: what follows the message could be a part of it. */
function framesOf(error: unknown): readonly string[] {
  if (!(error instanceof Error)) return []
  const { name, message, stack = '' } = error
  const head = message === '' ? name : `${name}: ${message}`
  if (!stack.startsWith(`${head}\n`)) return []
  const lines = stack.slice(head.length + 1).split('\n')
  return lines.filter((line) => /^ {4}at \S/.test(line)).slice(0, MAX_FRAMES)
}
