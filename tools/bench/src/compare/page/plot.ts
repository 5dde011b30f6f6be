import { element, label, picture } from '@ack-secret-manager/pictures/svg'
import type { ColourName } from '@ack-secret-manager/pictures/theme'
import { scaleLinear } from 'd3-scale'
import { CONTENDERS, type ContenderName } from '../contenders/contenders.ts'
import type { Comparison, RunRecord } from '../record/comparison.ts'
import { type Figure, FIGURES } from './figures.ts'
import { round, type Spread, spreadOf } from './median.ts'

const WIDTH = 920
const PADDING = 20
const PANEL = { columns: 2, gap: 24, title: 30, bottom: 14 }
const BAR = { height: 11, step: 15, groupGap: 12, left: 64, right: 66 }
const LEGEND = { top: 44, char: 6.6, mark: 16, gap: 18, height: 26 }
const HEADING = 26

const COLOURS: Readonly<Record<ContenderName, ColourName>> = {
  ours: 'accent',
  'ours-uncapped': 'yellow',
  'go-default': 'blue',
  'go-tuned': 'cyan',
  'go-uncapped': 'purple',
  loader: 'muted',
}

/** Group, figure and title of each panel. */
const PANELS: ReadonlyArray<readonly [group: string, figure: string, title: string]> = [
  ['First sync', 'last Secret, s', 'First sync: last Secret, s'],
  ['First sync', 'CPU of the operator, s', 'First sync: CPU of the operator, s'],
  ['Quiet', 'CPU of the operator for a refresh, ms', 'Refresh without a change: CPU of the operator, ms'],
  ['Quiet', 'RSS of the operator, MiB', 'RSS of the operator, MiB'],
]

interface Bar {
  readonly contender: ContenderName
  readonly spread: Spread
}

interface BarGroup {
  readonly size: number
  readonly bars: readonly Bar[]
}

/** Bars of the most important figures, with a line from the lowest to the highest run: a function of the figures only. */
export function renderPlot({ runs }: Comparison): string {
  const single = runs.filter(({ users }) => users === 1)
  const panels = PANELS.map(([group, figure, title]) => ({ title, groups: barGroups(figureOf(group, figure), single) }))
  const width = (WIDTH - 2 * PADDING - PANEL.gap) / PANEL.columns
  const rows = Math.ceil(panels.length / PANEL.columns)
  const height = Math.max(...panels.map(({ groups }) => heightOf(groups)))
  const top = LEGEND.top + LEGEND.height
  const drawn = panels.map(({ title, groups }, index) => {
    const x = PADDING + (index % PANEL.columns) * (width + PANEL.gap)
    const y = top + Math.floor(index / PANEL.columns) * height
    return element('g', { transform: `translate(${x} ${y})` }, drawPanel(title, groups, width))
  })
  return picture(
    {
      width: WIDTH,
      height: top + rows * height,
      title: 'This operator, the Go operator and the bare loader: first sync, CPU and memory at each size',
      css: 'text{font-size:12px}.title{font-size:13px;font-weight:600}.heading{font-size:15px;font-weight:600}.end{text-anchor:end}.range{stroke-width:1.5}',
    },
    label('Lower is better. Bars are medians, lines go from the lowest to the highest run.', {
      x: PADDING,
      y: HEADING,
      class: 'f-text heading',
    }),
    drawLegend(single),
    ...drawn,
  )
}

function figureOf(group: string, title: string): Figure {
  const figure = FIGURES.find((each) => each.title === group)?.figures.find((each) => each.title === title)
  if (figure === undefined) throw new Error(`no figure "${title}" in "${group}"`)
  return figure
}

function barGroups({ of }: Figure, runs: readonly RunRecord[]): readonly BarGroup[] {
  const sizes = [...new Set(runs.map(({ resources }) => resources))].sort((a, b) => a - b)
  return sizes.map((size) => ({
    size,
    bars: CONTENDERS.flatMap(({ name }) => {
      const some = runs.filter(({ resources, contender }) => resources === size && contender === name)
      const spread = spreadOf(some.map(of).filter((value) => value !== undefined))
      return spread === undefined ? [] : [{ contender: name, spread }]
    }),
  }))
}

function heightOf(groups: readonly BarGroup[]): number {
  const bars = groups.reduce((sum, group) => sum + group.bars.length, 0)
  return PANEL.title + bars * BAR.step + groups.length * BAR.groupGap + PANEL.bottom
}

function drawPanel(title: string, groups: readonly BarGroup[], width: number): string {
  const highest = Math.max(0, ...groups.flatMap(({ bars }) => bars.map(({ spread }) => spread.max)))
  const x = scaleLinear([0, highest || 1], [BAR.left, width - BAR.right])
  let y = PANEL.title
  const drawn = groups.flatMap(({ size, bars }) => {
    const name = label(size.toLocaleString('en-US'), { x: BAR.left - 8, y: y + 10, class: 'f-muted end' })
    const rows = bars.map((bar) => {
      const row = drawBar(bar, x, y)
      y += BAR.step
      return row
    })
    y += BAR.groupGap
    return bars.length === 0 ? [] : [name, ...rows]
  })
  return [label(title, { x: 0, y: 16, class: 'f-text title' }), ...drawn].join('')
}

function drawBar({ contender, spread }: Bar, x: (value: number) => number, y: number): string {
  const start = x(0)
  const middle = y + BAR.height / 2
  const bar = { x: start, y, width: Math.max(1, x(spread.median) - start), height: BAR.height, rx: 2 }
  const range = `M${x(spread.min).toFixed(1)} ${middle}H${x(spread.max).toFixed(1)}`
  return [
    element('rect', { ...bar, class: `f-${COLOURS[contender]}` }),
    spread.min === spread.max ? '' : element('path', { d: range, class: 's-text range' }),
    label(round(spread.median), { x: x(spread.max) + 5, y: y + 10, class: 'f-text' }),
  ].join('')
}

function drawLegend(runs: readonly RunRecord[]): string {
  let x = PADDING
  const entries = CONTENDERS.filter(({ name }) => runs.some(({ contender }) => contender === name)).map(
    ({ name, title }) => {
      const mark = element('rect', { x, y: LEGEND.top - 9, width: 10, height: 10, rx: 2, class: `f-${COLOURS[name]}` })
      const text = label(title, { x: x + LEGEND.mark, y: LEGEND.top, class: 'f-text' })
      x += LEGEND.mark + title.length * LEGEND.char + LEGEND.gap
      return mark + text
    },
  )
  return entries.join('')
}
