/** Invisible characters: spaces at the ends, format characters, separators, unpaired surrogates. */
const UNSEEN = /[\p{Cf}\p{Zl}\p{Zp}\p{Cs}\u0080-\u009f]/gu
const CONTROL_PICTURES = 0x2400
const DELETE_PICTURE = '\u2421'

/** A text as inline code of a table cell, with all invisible characters escaped. */
export function visible(text: string): string {
  if (text === '') return '*empty*'
  const seen = text
    // oxlint-disable-next-line no-control-regex -- control characters are what it shows
    .replace(/[\u0000-\u001f]/g, (char) => String.fromCodePoint(CONTROL_PICTURES + char.charCodeAt(0)))
    .replaceAll('\u007f', DELETE_PICTURE)
    .replace(UNSEEN, (char) => `⟨${char.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0')}⟩`)
    .replaceAll('|', '\\|')
  return `\`${seen}\``
}
