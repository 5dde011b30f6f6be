/** As runtimes, libraries and operating systems name errors; a value, or a text that holds one, looks otherwise. */
const NAME = /^[A-Z][A-Za-z]{0,63}$/
const CODE = /^[A-Z][A-Z0-9_]{1,63}$/

/**
 * What kind of thing was thrown, as far as that may be told: `TypeError`, `Error ECONNRESET`, `string`. Whoever throws
 * chooses name and code as freely as the message, so only what looks like one is taken.
 */
export function errorKind(error: unknown): string {
  if (!(error instanceof Error)) return typeof error
  const name = NAME.test(error.name) ? error.name : 'Error'
  return 'code' in error && typeof error.code === 'string' && CODE.test(error.code) ? `${name} ${error.code}` : name
}
