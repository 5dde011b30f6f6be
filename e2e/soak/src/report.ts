import { renderTable, type Row } from '@ack-secret-manager/testenv'
import type { SoakResult } from './run-soak.ts'

/** The figures and verdicts as a readable table. */
export function renderSoak({ start, end, checks }: SoakResult): string {
  const rows = checks.map(({ what, start: first, most, end: last, bound, isGrowth }): Row => [
    what,
    first,
    most,
    last,
    `≤ ${bound}`,
    isGrowth ? 'GROWTH' : 'held',
  ])
  const grown = checks.filter(({ isGrowth }) => isGrowth).map(({ what }) => what)
  return [
    renderTable([['figure', 'start', 'most under churn', 'end', 'bound', ''], ...rows], true),
    '',
    `peak RSS ${start.peakRssMiB.toFixed(0)} MiB after the first sync, ${end.peakRssMiB.toFixed(0)} MiB at the end`,
    grown.length === 0 ? 'no growth' : `GROWTH: ${grown.join(', ')}`,
  ].join('\n')
}
