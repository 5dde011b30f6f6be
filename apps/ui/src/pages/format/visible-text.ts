/**
 * C0 and C1 controls but tab and line feed, marks and overrides of the direction, and characters without width. Written as text, they
 * would hide a part of it, or show it in another order than it is read.
 */
const INVISIBLE =
  // oxlint-disable-next-line no-control-regex -- these are what it is about
  /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u00AD\u061C\u180E\u200B-\u200F\u2028-\u202E\u2060-\u206F\uFEFF\uFFF9-\uFFFB]/g

/** The text with visible code points in place of invisible characters: `‹U+202E›`. */
export function visibleText(text: string): string {
  return text.replace(INVISIBLE, (character) => `‹U+${codePoint(character)}›`)
}

function codePoint(character: string): string {
  return character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')
}
