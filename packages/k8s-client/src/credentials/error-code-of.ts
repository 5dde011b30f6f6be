/** The code of an error of the system, or else its name. Never its message. */
export function errorCodeOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name
}
