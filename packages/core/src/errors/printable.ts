/** Controls, invisible format characters (of writing direction among them), line and paragraph separators. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu
const SHORT: ReadonlyMap<string, string> = new Map([
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
])

/** Characters of names in secret managers and Kubernetes, including ARNs. */
const PLAIN_NAME = /^[\w.:/+=@-]+$/

/**
 * Escapes control characters as in JSON, so that the text is one line and cannot control a terminal. JSON stays valid JSON
 * with the same meaning.
 */
export function escapeControls(text: string): string {
  return text.replace(UNPRINTABLE, (character) => SHORT.get(character) ?? escaped(character))
}

/** A name for a message: quoted if it has characters that could be confused with the message. */
export function nameText(name: string): string {
  return PLAIN_NAME.test(name) ? name : escapeControls(JSON.stringify(name))
}

function escaped(character: string): string {
  return Array.from({ length: character.length }, (_none, index) => {
    return `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`
  }).join('')
}
