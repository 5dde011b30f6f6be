import { eastAsianWidth } from 'get-east-asian-width'

/** A mark that is shown on the character before it. */
const MARK = /[\p{Mn}\p{Me}]/u

/** Columns of a terminal that a text without control characters needs. */
export function displayWidth(text: string): number {
  let columns = 0
  for (const character of text) columns += MARK.test(character) ? 0 : eastAsianWidth(character.codePointAt(0) ?? 0)
  return columns
}
