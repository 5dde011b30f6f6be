/** Linux refuses a longer argument or variable with its name (MAX_ARG_STRLEN without the final NUL). */
export const MAX_STRING_BYTES = 131_071

/** Variables that a message names. */
const MAX_NAMED = 3

/** What a program is started with. */
export interface ProgramStrings {
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

/** Why the system refuses to start a program as too large (E2BIG), and what to do. Never a value. Pure. */
export function tooLargeText({ args, env }: ProgramStrings): string {
  const long = args.findIndex((each) => Buffer.byteLength(each) > MAX_STRING_BYTES)
  if (long !== -1) {
    const bytes = Buffer.byteLength(args[long] ?? '')
    return `argument ${long + 1} has ${bytes} bytes, and Linux takes ${MAX_STRING_BYTES}; pass it on stdin or in a file`
  }
  const sizes = Object.entries(env).map(([name, value]) => [name, Buffer.byteLength(value)] as const)
  const megabytes = (sizes.reduce((sum, [name, bytes]) => sum + name.length + bytes, 0) / 1_000_000).toFixed(1)
  const largest = sizes
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, MAX_NAMED)
    .map(([name, bytes]) => `${name} (${bytes} bytes)`)
    .join(', ')
  return `the environment has ${megabytes} MB, more than this system takes; the largest variables are ${largest}; use --files auto for secrets, or --pristine to pass on no other variable`
}
