import { renderTable, type Row } from '@ack-secret-manager/bench'
import type { SoakResult } from './run-soak.ts'

/** The figures and verdicts as a table for people. */
export function renderSoak({ start, end, verdicts }: SoakResult): string {
  const rows = verdicts.map(({ what, start: first, most, end: last, bound, isGrowth }): Row => [
    what,
    first,
    most,
    last,
    `≤ ${bound}`,
    isGrowth ? 'GROWTH' : 'held',
  ])
  const grown = verdicts.filter(({ isGrowth }) => isGrowth).map(({ what }) => what)
  return [
    renderTable([['figure', 'start', 'most under churn', 'end', 'bound', ''], ...rows], true),
    '',
    `peak RSS ${start.peakRssMiB.toFixed(0)} MiB after the first sync, ${end.peakRssMiB.toFixed(0)} MiB at the end`,
    grown.length === 0 ? 'no growth' : `GROWTH: ${grown.join(', ')}`,
  ].join('\n')
}
