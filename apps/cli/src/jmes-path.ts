/** A key that is no JMESPath, because it has a hyphen or starts with a digit. */
const PLAIN_KEY = /^[A-Za-z0-9_-]+$/

/** The JMESPath that a user means: a word like `db-password`, which is none, is a key. */
export function jmesPathOf(text: string): string {
  return PLAIN_KEY.test(text) ? JSON.stringify(text) : text
}
