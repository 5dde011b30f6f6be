/** Maximum readable length of a table cell. */
export const MAX_CELL_LENGTH = 200

/** One table cell that is too long. */
export interface LongCell {
  /** From 1. */
  readonly line: number
  readonly length: number
}

/** Cells of Markdown tables with more than {@link MAX_CELL_LENGTH} characters. Of a link only the text counts. */
export function longCells(markdown: string): readonly LongCell[] {
  return markdown.split('\n').flatMap((row, index) =>
    row.startsWith('|')
      ? row
          .split(/(?<!\\)\|/)
          .map((cell) => cell.trim().replaceAll(/\]\([^)]*\)/g, ']').length)
          .filter((length) => length > MAX_CELL_LENGTH)
          .map((length) => ({ line: index + 1, length }))
      : [],
  )
}
