/** Wrong usage: one line for the person who typed it, and exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}
