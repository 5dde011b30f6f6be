import { displayWidth } from '../output/display-width.ts'

/** Size of a terminal. */
export interface ScreenSize {
  /** @default 100 */
  readonly columns?: number
  /** @default 40 */
  readonly rows?: number
}

/** The first lines of a text that fit on a terminal, with the number of the others. Longer lines are wrapped by the terminal. Pure. */
export function fitScreen(text: string, { columns = 100, rows = 40 }: ScreenSize): string {
  const lines = text.trimEnd().split('\n')
  const heights = lines.map((line) => Math.max(1, Math.ceil(displayWidth(withoutColours(line)) / columns)))
  // The last line stays empty for the cursor.
  const isShort = heights.reduce((sum, height) => sum + height, 0) < rows
  if (isShort) return `${lines.join('\n')}\n`
  let left = rows - 2
  const shown = lines.filter((_line, index) => (left -= heights[index] ?? 1) >= 0)
  return `${shown.join('\n')}\n… ${lines.length - shown.length} more lines\n`
}

function withoutColours(text: string): string {
  // oxlint-disable-next-line no-control-regex -- the colours of this program begin with one
  return text.replaceAll(/\u001b\[\d+m/g, '')
}
