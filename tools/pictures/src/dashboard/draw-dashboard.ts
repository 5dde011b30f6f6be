import { element, label, picture } from '../svg/svg.ts'
import type { DashboardRun, RunEvent } from './dashboard-run.ts'
import { drawPanel, EVENT_COLOURS, type PanelBox } from './draw-panel.ts'
import type { DashboardPanel } from './dashboard-file.ts'

const MARGIN = 20
const GAP = 8
const COLUMN = 40
const ROW = 23
const COLUMNS = 24
const HEADER = 72
const WIDTH = 2 * MARGIN + COLUMNS * COLUMN
const EVENT_WIDTH = 158
const EVENT_WORDS: Readonly<Record<RunEvent['kind'], string>> = {
  rotations: 'secrets are rotated',
  outage: 'KMS responds 503',
  handover: 'the leader stops',
}
const CSS =
  '.h1{font-size:20px;font-weight:600}.sub{font-size:12.5px}.title{font-size:12.5px;font-weight:600}.long{font-size:11px}.value{font-size:24px;font-weight:600}' +
  '.axis{font-size:10.5px}.end{text-anchor:end}.middle{text-anchor:middle}.line{fill:none;stroke-width:1.6;stroke-linejoin:round}' +
  '.mark{stroke-width:3;stroke-linecap:round}.grid{stroke-opacity:.6;stroke-width:.7}'

/** The dashboard with the data of a run, arranged as in Grafana. */
export function drawDashboard(run: DashboardRun): string {
  const height = HEADER + Math.max(...run.panels.map(({ panel }) => panel.gridPos.y + panel.gridPos.h)) * ROW + MARGIN
  const options = {
    width: WIDTH,
    height,
    title: 'Grafana dashboard of ack-secret-manager with the data of a run',
    css: CSS,
  }
  return picture(
    options,
    label('ack-secret-manager', { x: MARGIN, y: 36, class: 'f-text h1' }),
    label('The queries of the Grafana dashboard, run by Prometheus; drawn without Grafana', {
      x: MARGIN,
      y: 56,
      class: 'f-muted sub',
    }),
    eventLegend(),
    ...run.panels.map((data) => drawPanel(data, boxOf(data.panel), run)),
  )
}

function boxOf({ gridPos: { x, y, w, h } }: DashboardPanel): PanelBox {
  return {
    x: MARGIN + x * COLUMN + (x === 0 ? 0 : GAP / 2),
    y: HEADER + y * ROW,
    width: w * COLUMN - GAP / 2 - (x === 0 || x + w === COLUMNS ? 0 : GAP / 2),
    height: h * ROW - GAP,
  }
}

/** What the bands behind the lines mean. */
function eventLegend(): string {
  return (['rotations', 'outage', 'handover'] as const)
    .map((kind, index) => {
      const x = WIDTH - MARGIN - (3 - index) * EVENT_WIDTH
      const mark = { x, y: 23, width: 14, height: 14, rx: 3, class: `f-${EVENT_COLOURS[kind]}`, 'fill-opacity': 0.35 }
      return element('rect', mark) + label(EVENT_WORDS[kind], { x: x + 20, y: 34, class: 'f-text sub' })
    })
    .join('')
}
