/** As runtimes, libraries and operating systems name errors; a value, or a text that holds one, looks otherwise. */
const NAME = /^(?:[A-Z][A-Za-z]{0,40})?(?:Error|Exception)$/
/** Words, a digit or two behind them; a key or a token has digits among its letters. */
const CODE = /^[A-Z]{1,20}\d{0,2}(?:_[A-Z]{1,20}\d{0,2}){0,7}$/

/**
 * What kind of thing was thrown, as far as that may be told: `TypeError`, `Error ECONNRESET`, `string`. Whoever throws
 * chooses name and code as freely as the message, so only what looks like one is taken.
 */
export function errorKind(error: unknown): string {
  if (!(error instanceof Error)) return typeof error
  const { name, code } = error as { readonly name: unknown; readonly code?: unknown }
  const kind = typeof name === 'string' && NAME.test(name) ? name : 'Error'
  return typeof code === 'string' && CODE.test(code) ? `${kind} ${code}` : kind
}
