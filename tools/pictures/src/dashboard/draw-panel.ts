import { scaleLinear } from 'd3-scale'
import { area, line } from 'd3-shape'
import { element, label, short } from '../svg/svg.ts'
import type { ColourName } from '../svg/theme.ts'
import type { RunEvent } from './dashboard-run.ts'
import { formatValue } from './format-value.ts'
import type { PanelData, PanelSeries } from './panel-data.ts'
import type { QueryRange } from './prometheus-server.ts'
import { seriesColours } from './series-colour.ts'

/** Place of a panel in the picture. */
export interface PanelBox {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** What all panels share. */
export interface PanelContext {
  readonly range: QueryRange
  readonly events: readonly RunEvent[]
}

const TITLE_BASELINE = 20
/** Width of a character in wide fonts. */
const TITLE_CHAR = 7.6
const PADDING = 10
const PLOT_TOP = 32
const AXIS = { left: 52, bottom: 18 }
const LEGEND = { rowHeight: 15, rows: 2, charWidth: 6.3, mark: 16, gap: 10 }
const TICKS = 3
const MEBIBYTE = 2 ** 20
const TIME_STEP_S = 30
/** Points further apart, in steps of the query, are not connected. */
const GAP_STEPS = 1.5
/** Colours of the bands behind the lines. */
export const EVENT_COLOURS: Readonly<Record<RunEvent['kind'], ColourName>> = {
  rotations: 'blue',
  outage: 'red',
  handover: 'purple',
}

/** A panel of the dashboard. */
export function drawPanel(data: PanelData, box: PanelBox, context: PanelContext): string {
  const card = element('rect', { width: box.width, height: box.height, rx: 6, class: 'f-panel s-border' })
  const isLong = data.panel.title.length * TITLE_CHAR > box.width - 2 * PADDING
  const title = label(data.panel.title, {
    x: PADDING,
    y: TITLE_BASELINE,
    class: `f-text title${isLong ? ' long' : ''}`,
  })
  const content = data.panel.type === 'stat' ? drawStat(data, box, context) : drawLines(data, box, context)
  return element('g', { transform: `translate(${box.x} ${box.y})` }, card, title, content)
}

function drawStat({ panel, series: [series] }: PanelData, box: PanelBox, { range }: PanelContext): string {
  if (series === undefined) return noData(box)
  const last = series.points.at(-1)?.[1] ?? 0
  const { unit } = panel.fieldConfig.defaults
  const x = scaleLinear([range.start, range.end], [1, box.width - 1])
  const values = series.points.map(([, value]) => value)
  const y = scaleLinear([Math.min(0, ...values), Math.max(1e-9, ...values)], [box.height - 1, box.height - 22])
  const trend = area<Point>(
    (point) => x(point[0]),
    box.height - 1,
    (point) => y(point[1]),
  )
    .defined(([, value]) => !Number.isNaN(value))
    .digits(1)
  const isFlat = unit === 'dateTimeFromNow'
  return [
    isFlat
      ? ''
      : element('path', { d: trend(withGaps(series, range.step)) ?? '', class: 'f-blue', 'fill-opacity': 0.18 }),
    label(formatValue(last, unit, range.end * 1_000), { x: PADDING, y: 52, class: 'f-text value' }),
  ].join('')
}

function drawLines(data: PanelData, box: PanelBox, context: PanelContext): string {
  const { unit } = data.panel.fieldConfig.defaults
  const series = data.series.toSorted((one, other) => highest(other) - highest(one))
  const colours = seriesColours(series.map(({ legend }) => legend))
  const scale = unit === 'bytes' ? MEBIBYTE : 1
  const legend = drawLegend(series, colours, box)
  const bottom = box.height - AXIS.bottom - legend.height
  const x = scaleLinear([context.range.start, context.range.end], [AXIS.left, box.width - PADDING])
  const top = Math.max(...series.map(highest), 0) || 1
  const y = scaleLinear([0, top / scale], [bottom, PLOT_TOP]).nice(TICKS)
  const path = line<Point>(
    (point) => x(point[0]),
    (point) => y(point[1] / scale),
  )
    .defined(([, value]) => !Number.isNaN(value))
    .digits(1)
  const ticks = y.ticks(TICKS).filter((tick) => unit !== 'none' || Number.isInteger(tick))
  return [
    ...context.events.map(({ kind, start, end }) =>
      element('rect', {
        x: x(start),
        y: PLOT_TOP,
        width: Math.max(1.5, x(end) - x(start)),
        height: bottom - PLOT_TOP,
        class: `f-${EVENT_COLOURS[kind]}`,
        'fill-opacity': 0.1,
      }),
    ),
    ...ticks.flatMap((tick) => [
      element('path', { d: `M${AXIS.left} ${short(y(tick))}H${box.width - PADDING}`, class: 's-border grid' }),
      label(formatValue(tick * scale, unit, 0), { x: AXIS.left - 6, y: y(tick) + 3.5, class: 'f-muted axis end' }),
    ]),
    ...timeLabels(context.range).map(([seconds, text]) =>
      label(text, {
        x: x(seconds),
        y: bottom + 14,
        class: `f-muted axis${seconds === context.range.start ? '' : ' middle'}`,
      }),
    ),
    series.length === 0 ? noData(box) : '',
    ...series
      .map((each) =>
        element('path', {
          d: path(withGaps(each, context.range.step)) ?? '',
          class: `s-${colours.get(each.legend)} line`,
        }),
      )
      .toReversed(),
    legend.drawn,
  ].join('')
}

type Point = readonly [seconds: number, value: number]

function noData({ width, height }: PanelBox): string {
  return label('No data', { x: width / 2, y: height / 2 + 4, class: 'f-muted axis middle' })
}

function highest({ points }: PanelSeries): number {
  return points.reduce((most, [, value]) => Math.max(most, value), 0)
}

/** The points, with a NaN in each gap. */
function withGaps({ points }: PanelSeries, step: number): Point[] {
  return points.flatMap((point, index) => {
    const before = points[index - 1]
    return before !== undefined && point[0] - before[0] > GAP_STEPS * step
      ? [[before[0] + step, Number.NaN], point]
      : [point]
  })
}

/** Minutes and seconds since the start. */
function timeLabels({ start, end }: PanelContext['range']): ReadonlyArray<readonly [seconds: number, text: string]> {
  const count = Math.floor((end - start - 5) / TIME_STEP_S) + 1
  return Array.from({ length: count }, (_, index) => {
    const passed = index * TIME_STEP_S
    return [start + passed, `${Math.floor(passed / 60)}:${String(passed % 60).padStart(2, '0')}`]
  })
}

/** As many entries as fit into two rows, highest series first. */
function drawLegend(
  series: readonly PanelSeries[],
  colours: ReadonlyMap<string, ColourName>,
  box: PanelBox,
): { readonly drawn: string; readonly height: number } {
  const named = series.flatMap(({ legend }) => (legend === '' ? [] : [{ legend, colour: colours.get(legend) }]))
  const entries: string[] = []
  let [x, row, shown] = [PADDING, 0, 0]
  for (const { legend, colour } of named) {
    const width = LEGEND.mark + legend.length * LEGEND.charWidth
    const reserved = row === LEGEND.rows - 1 && shown < named.length - 1 ? 50 : 0
    if (x + width > box.width - PADDING - reserved && x > PADDING) [x, row] = [PADDING, row + 1]
    if (row === LEGEND.rows) break
    const y = row * LEGEND.rowHeight
    entries.push(
      element('path', { d: `M${short(x)} ${y - 4}h10`, class: `s-${colour} mark` }),
      label(legend, { x: x + LEGEND.mark, y, class: 'f-text axis' }),
    )
    x += width + LEGEND.gap
    shown += 1
  }
  const rows = Math.min(LEGEND.rows, row + 1)
  if (shown < named.length)
    entries.push(
      label(`+${named.length - shown} more`, {
        x: box.width - PADDING,
        y: LEGEND.rowHeight,
        class: 'f-muted axis end',
      }),
    )
  const height = named.length === 0 ? 2 : rows * LEGEND.rowHeight + 4
  const group = element('g', { transform: `translate(0 ${box.height - height + 10})` }, ...entries)
  return { drawn: named.length === 0 ? '' : group, height }
}
