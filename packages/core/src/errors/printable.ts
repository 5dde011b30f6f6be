/** Controls, invisible format characters (of writing direction among them), line and paragraph separators. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu
const SHORT: ReadonlyMap<string, string> = new Map([
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
])

/** What KMS, OOS and Kubernetes take as a name, ARNs included. */
const PLAIN_NAME = /^[\w.:/+=@-]+$/

/**
 * The text on one line, with escapes as in JSON for all that a terminal or a reader of logs would obey. JSON text stays JSON and
 * means the same.
 */
export function escapeControls(text: string): string {
  return text.replace(UNPRINTABLE, (character) => SHORT.get(character) ?? escaped(character))
}

/** A name for a message: quoted where it has characters that could end it, or begin something else. */
export function nameText(name: string): string {
  return PLAIN_NAME.test(name) ? name : escapeControls(JSON.stringify(name))
}

function escaped(character: string): string {
  return Array.from({ length: character.length }, (_none, index) => {
    return `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`
  }).join('')
}
