import { element, label, picture, short } from '../svg/svg.ts'
import type { Frame, Span } from './screen.ts'

const CELL = { width: 8.4, height: 17 }
const FONT_SIZE = 14
const MARGIN = { x: 20, top: 52, bottom: 22 }
const BAR_HEIGHT = 36
const DOTS = ['red', 'yellow', 'green'] as const
const CSS = `.t text{font-size:${FONT_SIZE}px;white-space:pre}.b{font-weight:600}.bar{font-size:13px;text-anchor:middle}`

/** Size and name of a terminal. */
export interface TerminalOptions {
  readonly width: number
  readonly height: number
  /** In the bar of the window. */
  readonly name: string
  /** What a screen reader says. */
  readonly title: string
}

/** The last frame, without motion. */
export function drawScreen(frame: Frame, options: TerminalOptions): string {
  const rows = frame.lines.map((spans, row) => spans.map((span) => drawSpan(span, row)).join(''))
  return drawWindow(options, '', element('g', {}, ...rows))
}

/**
 * A recording as an animation that repeats. A reader who prefers no motion, and a program that draws none, get the last frame.
 */
export function drawRecording(frames: readonly Frame[], options: TerminalOptions): string {
  const total = frames.at(-1)?.seconds ?? 1
  const spans = timedSpans(frames)
  const times = [...new Set(spans.flatMap(({ start, end }) => (start === 0 ? [] : [key(start, end)])))]
  const percent = (seconds: number): string => `${Number(((seconds / total) * 100).toFixed(2))}%`
  const shows = times.map((time, index) => {
    const [start = 0, end] = time.split('-').map(Number)
    const hide = end === undefined || Number.isNaN(end) ? '' : `${percent(end)}{opacity:0}`
    return `@keyframes k${index}{0%{opacity:0}${percent(start)}{opacity:1}${hide}}.k${index}{animation-name:k${index}}`
  })
  const scrolls = frames
    .filter(({ top }, index) => top !== (frames[index - 1]?.top ?? 0))
    .map(({ seconds, top }) => `${percent(seconds)}{transform:translateY(${-top * CELL.height}px)}`)
  const lastTop = frames.at(-1)?.top ?? 0
  const animation = [
    `@media (prefers-reduced-motion:no-preference){:where([class*=" k"],.s){animation:${short(total)}s step-end infinite}`,
    `@keyframes s{0%{transform:none}${scrolls.join('')}}.s{animation-name:s}`,
    ...shows,
    '}',
  ].join('')
  const base = `.s{transform:translateY(${-lastTop * CELL.height}px)}.gone{opacity:0}`
  const drawn = spans.map(({ span, row, start, end }) => {
    const animated = start === 0 ? [] : [`k${times.indexOf(key(start, end))}`]
    return drawSpan(span, row, [...animated, ...(end === undefined ? [] : ['gone'])])
  })
  return drawWindow(options, base + animation, element('g', { class: 's' }, ...drawn))
}

interface TimedSpan {
  readonly span: Span
  readonly row: number
  readonly start: number
  /** Absent if it stays. */
  readonly end: number | undefined
}

const key = (start: number, end: number | undefined): string => (end === undefined ? String(start) : `${start}-${end}`)

/** When each piece of text appears and goes. Text that only grows, such as typed text, is kept. */
function timedSpans(frames: readonly Frame[]): readonly TimedSpan[] {
  const done: TimedSpan[] = []
  const rows: TimedSpan[][] = []
  for (const { seconds, lines } of frames) {
    const count = Math.max(lines.length, rows.length)
    for (let row = 0; row < count; row += 1) {
      const shown = (rows[row] ??= [])
      const spans = lines[row] ?? []
      const added = grown(
        shown.map(({ span }) => span),
        spans,
      )
      if (added === undefined) {
        done.push(...shown.map((each) => ({ ...each, end: seconds })))
        shown.length = 0
      }
      shown.push(...(added ?? spans).map((span) => ({ span, row, start: seconds, end: undefined })))
    }
  }
  return [...done, ...rows.flat()].toSorted((one, other) => one.row - other.row || one.start - other.start)
}

/** What a line has more than before, or undefined if it has changed. */
function grown(before: readonly Span[], after: readonly Span[]): readonly Span[] | undefined {
  const old = before.flatMap(cellsOf)
  const cells = after.flatMap(cellsOf)
  if (old.some((cell, index) => cells[index] !== cell)) return undefined
  const last = before.at(-1)
  const from = last === undefined ? 0 : last.column + last.text.length
  return after.flatMap((span) => {
    const cut = Math.max(0, from - span.column)
    const text = span.text.slice(cut)
    const start = text.length - text.trimStart().length
    return text.trim() === '' ? [] : [{ ...span, column: span.column + cut + start, text: text.trimStart() }]
  })
}

function cellsOf({ column, text, colour, bold }: Span): readonly string[] {
  return text
    .split('')
    .flatMap((character, index) => (character === ' ' ? [] : [`${column + index} ${character} ${colour} ${bold}`]))
}

function drawSpan({ column, text, colour, bold }: Span, row: number, classes: readonly string[] = []): string {
  return label(text, {
    x: column * CELL.width,
    y: row * CELL.height,
    // Every monospaced font gets the same width.
    textLength: text.length === 1 ? undefined : text.length * CELL.width,
    lengthAdjust: text.length === 1 ? undefined : 'spacingAndGlyphs',
    class: [`f-${colour}`, ...(bold ? ['b'] : []), ...classes].join(' '),
  })
}

function drawWindow({ width, height, name, title }: TerminalOptions, css: string, content: string): string {
  const size = {
    width: Math.ceil(2 * MARGIN.x + width * CELL.width),
    height: MARGIN.top + height * CELL.height + MARGIN.bottom - CELL.height / 2,
  }
  const view = { x: 0, y: -FONT_SIZE - 2, width: size.width, height: height * CELL.height + 4 }
  return picture(
    { ...size, title, css: CSS + css },
    element('path', {
      d: `M.5 ${BAR_HEIGHT}V10.5a10 10 0 0 1 10-10H${size.width - 10.5}a10 10 0 0 1 10 10V${BAR_HEIGHT}z`,
      class: 'f-panel s-border',
    }),
    ...DOTS.map((colour, index) =>
      element('circle', {
        cx: 20 + index * 18,
        cy: BAR_HEIGHT / 2,
        r: 5.5,
        class: `f-${colour}`,
        'fill-opacity': 0.75,
      }),
    ),
    label(name, { x: size.width / 2, y: BAR_HEIGHT / 2 + 4.5, class: 'f-muted bar' }),
    element(
      'svg',
      {
        x: MARGIN.x,
        y: MARGIN.top,
        width: view.width - MARGIN.x,
        height: view.height,
        viewBox: `0 ${view.y} ${view.width - MARGIN.x} ${view.height}`,
        class: 'm t',
      },
      content,
    ),
  )
}
