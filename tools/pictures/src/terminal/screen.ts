import xterm from '@xterm/headless'
import type { ColourName } from '../svg/theme.ts'
import type { Asciicast } from './asciicast.ts'

/** Text in one style. */
export interface Span {
  readonly column: number
  readonly text: string
  readonly colour: ColourName
  readonly bold: boolean
}

/** Lines of a terminal, with what has scrolled out of it. */
export interface Frame {
  readonly seconds: number
  readonly lines: ReadonlyArray<readonly Span[]>
  /** Index of the first visible line. */
  readonly top: number
}

/** The colours of ANSI in order; bright ones are the same. */
const ANSI: readonly ColourName[] = ['muted', 'red', 'green', 'yellow', 'blue', 'purple', 'cyan', 'text']
const SCROLLBACK = 1_000

/** What a terminal shows after each output. */
export async function framesOf({ width, height, events }: Asciicast): Promise<readonly Frame[]> {
  const terminal = new xterm.Terminal({ cols: width, rows: height, scrollback: SCROLLBACK, allowProposedApi: true })
  const frames: Frame[] = []
  for (const [seconds, output] of events) {
    await new Promise<void>((resolve) => terminal.write(output, resolve))
    const buffer = terminal.buffer.active
    const lines = Array.from({ length: buffer.length }, (_, index) => spansOf(buffer.getLine(index), width))
    while (lines.at(-1)?.length === 0) lines.pop()
    frames.push({ seconds, lines, top: buffer.baseY })
  }
  terminal.dispose()
  return frames
}

/** The text of a line. */
export function textOfLine(spans: readonly Span[]): string {
  return spans.reduce((line, { column, text }) => line.padEnd(column) + text, '')
}

type BufferLine = ReturnType<xterm.Terminal['buffer']['active']['getLine']>

/** Runs of cells with the same style. A run ends before two spaces, so that columns keep their place in any font. */
function spansOf(line: BufferLine, width: number): readonly Span[] {
  const spans: Array<{ column: number; text: string; colour: ColourName; bold: boolean }> = []
  let spaces = 0
  for (let column = 0; column < width; column += 1) {
    const cell = line?.getCell(column)
    const text = cell?.getChars() ?? ''
    // The second half of a wide character has no width.
    if (cell === undefined || cell.getWidth() === 0) continue
    if (text === '' || text === ' ') {
      spaces += 1
      continue
    }
    const colour = colourOf(cell)
    const bold = cell.isBold() !== 0
    const last = spans.at(-1)
    if (last !== undefined && spaces < 2 && last.colour === colour && last.bold === bold)
      last.text += ' '.repeat(spaces) + text
    else spans.push({ column, text, colour, bold })
    spaces = 0
  }
  return spans
}

type Cell = NonNullable<ReturnType<NonNullable<BufferLine>['getCell']>>

function colourOf(cell: Cell): ColourName {
  if (cell.isDim()) return 'muted'
  return cell.isFgPalette() ? (ANSI[cell.getFgColor() % ANSI.length] ?? 'text') : 'text'
}
