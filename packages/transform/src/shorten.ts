const LENGTH = 100

/** Shortens names and expressions for messages. */
export function shorten(text: string): string {
  return text.length <= LENGTH ? text : `${text.slice(0, LENGTH)}…`
}
