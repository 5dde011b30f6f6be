/** Text on one line, without characters that a terminal would obey or that show nothing: names come from files of others. */
export function printable(text: string): string {
  return text.replace(/\s*\n\s*/g, ' ').replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?')
}
