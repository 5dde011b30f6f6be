const LENGTH = 100

/** For messages: names and expressions may be long enough to fill a status. */
export function shorten(text: string): string {
  return text.length <= LENGTH ? text : `${text.slice(0, LENGTH)}…`
}
