import { displayWidth } from './display-width.ts'
import { printable } from './printable.ts'

/** One cell: its text and its colour. */
export interface Cell {
  readonly text: string
  readonly paint?: (text: string) => string
}

/** Lines with aligned columns, two spaces apart. The last column is not padded. */
export function table(rows: readonly (readonly Cell[])[]): string {
  const clean = rows.map((row) => row.map(({ text, paint }) => ({ text: printable(text), paint })))
  const widths: number[] = []
  for (const row of clean) {
    row.forEach(({ text }, column) => (widths[column] = Math.max(widths[column] ?? 0, displayWidth(text))))
  }
  return clean
    .map((row) => {
      const cells = row.map(({ text, paint = (same: string) => same }, column) =>
        column === row.length - 1 ? paint(text) : paint(text) + ' '.repeat((widths[column] ?? 0) - displayWidth(text)),
      )
      return `${cells.join('  ').trimEnd()}\n`
    })
    .join('')
}
