/** A code point that a terminal shows in two columns: East Asian Width W and F (UAX 11), with most emoji. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u
/** A mark that is shown on the character before it. */
const MARK = /[\p{Mn}\p{Me}]/u

/** Columns of a terminal that a text without control characters needs. */
export function displayWidth(text: string): number {
  let columns = 0
  for (const character of text) columns += WIDE.test(character) ? 2 : MARK.test(character) ? 0 : 1
  return columns
}
