/** Error names of runtimes and libraries. A text with a secret value does not match. */
const NAME = /^(?:[A-Z][A-Za-z]{0,40})?(?:Error|Exception)$/
/** Words with up to two digits at their end. Keys and tokens mix digits and letters. */
const CODE = /^[A-Z]{1,20}\d{0,2}(?:_[A-Z]{1,20}\d{0,2}){0,7}$/

/**
 * Kind of a thrown error that is safe to log: `TypeError`, `Error ECONNRESET`, `string`. A library may put a value into
 * name and code, so only well-formed names and codes are used. Never throws.
 */
export function errorKind(error: unknown): string {
  try {
    return kindOf(error)
  } catch {
    // A getter or a proxy has thrown.
    return typeof error
  }
}

function kindOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error
  const { name, code } = error as { readonly name: unknown; readonly code?: unknown }
  const kind = typeof name === 'string' && NAME.test(name) ? name : 'Error'
  return typeof code === 'string' && CODE.test(code) ? `${kind} ${code}` : kind
}
