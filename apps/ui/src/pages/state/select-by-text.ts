/** The rows in which each word of the text occurs, in any case. */
export function selectByText<Row>(rows: Iterable<Row>, text: string, textsOf: (row: Row) => readonly string[]): Row[] {
  const words = text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '')
  return [...rows].filter((row) => {
    if (words.length === 0) return true
    const whole = textsOf(row).join('\n').toLowerCase()
    return words.every((word) => whole.includes(word))
  })
}
