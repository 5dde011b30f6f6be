import { describe, expect, it } from 'vitest'
import type { DashboardPanel } from './dashboard-file.ts'
import { drawPanel } from './draw-panel.ts'
import { formatValue } from './format-value.ts'
import { metricsOf, type PanelSeries } from './panel-data.ts'
import { seriesColours } from './series-colour.ts'

const BOX = { x: 0, y: 0, width: 300, height: 180 }
const RANGE = { start: 0, end: 60, step: 2 }

const panelOf = (type: DashboardPanel['type'], unit = 'none'): DashboardPanel => ({
  title: 'A & B',
  type,
  gridPos: { x: 0, y: 0, w: 8, h: 8 },
  fieldConfig: { defaults: { unit } },
  targets: [],
})
const drawn = (type: DashboardPanel['type'], ...series: readonly PanelSeries[]): string =>
  drawPanel({ panel: panelOf(type), series, empty: [] }, BOX, { range: RANGE, events: [] })

describe('a panel', () => {
  it('says that it has no data', () => {
    expect(drawn('timeseries')).toContain('>No data</text>')
    expect(drawn('stat')).toContain('>No data</text>')
  })

  it('breaks a line where points are missing', () => {
    const svg = drawn('timeseries', {
      legend: 'a',
      points: [
        [0, 1],
        [2, 1],
        [10, 1],
        [12, 1],
      ],
    })
    const [, path = ''] = /<path d="([^"]*)" class="s-blue line"/.exec(svg) ?? []
    expect(path.match(/M/g)).toHaveLength(2)
  })

  it('shows the last value of a single number', () => {
    expect(
      drawn('stat', {
        legend: '',
        points: [
          [0, 7],
          [2, 3],
        ],
      }),
    ).toContain('class="f-text value">3</text>')
  })

  it('counts the series that its legend has no place for', () => {
    const series = Array.from({ length: 12 }, (_, index) => ({
      legend: `series number ${index}`,
      points: [[0, index] as const],
    }))
    const svg = drawn('timeseries', ...series)
    expect(svg).toContain('>series number 11</text>')
    expect(svg).toMatch(/>\+\d more<\/text>/)
  })
})

it.each([
  [0, 's', '0 s'],
  [0.0123, 's', '12.3 ms'],
  [90, 's', '90 s'],
  [600, 's', '10 min'],
  [1.234, 'reqps', '1.23/s'],
  [123_456_789, 'bytes', '118 MiB'],
  [0, 'dateTimeFromNow', '55 years ago'],
  [1_735_689_600_000 + 3 * 86_400_000, 'dateTimeFromNow', 'in 3 days'],
  [12.34, 'none', '12.3'],
])('%d in %s is %s', (value, unit, expected) => {
  expect(formatValue(value, unit, 1_735_689_600_000)).toBe(expected)
})

it('gives failures the same colours in all panels', () => {
  const colours = seriesColours(['kms Unavailable', 'kms changed', 'oos Timeout', 'ExternalSecret True'])
  expect(Object.fromEntries(colours)).toEqual({
    'kms Unavailable': 'red',
    'kms changed': 'blue',
    'oos Timeout': 'pink',
    'ExternalSecret True': 'green',
  })
})

it('finds the metrics of a query, not its labels', () => {
  const query = 'process_resident_memory_bytes{namespace="acksm_x"} and on (job, instance) acksm_leader > acksm_leader'
  expect(metricsOf(query)).toEqual(['process_resident_memory_bytes', 'acksm_leader'])
})
