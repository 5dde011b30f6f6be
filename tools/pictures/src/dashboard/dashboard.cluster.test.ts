import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { DebianUnavailable } from '@ack-secret-manager/debian/debian-packages'
import { prometheusBinary } from '@ack-secret-manager/debian/prometheus'
import { expect, it } from 'vitest'
import { runForDashboard } from './dashboard-run.ts'
import { drawDashboard } from './draw-dashboard.ts'
import { metricsOf } from './panel-data.ts'

/** Everything that the picture shows, in less time. */
const SHORT_PLAN = { calm: 1, rotations: 3, outage: 18, recovery: 6, handover: 9 }
/** Queries without a result in a healthy installation. */
const EMPTY_FOR_A_REASON: Readonly<Record<string, string>> = {
  acksm_events_dropped_total: 'no event is dropped',
  acksm_restarts_waiting: 'no restart waits',
  acksm_shard_waiting_seconds: 'there are no shards',
}

describeCluster('the dashboard of the chart', () => {
  const cluster = useCluster()

  it('has only queries that return data for a run', { timeout: 240_000 }, async ({ skip }) => {
    if (process.env['PICTURES'] !== 'all') skip('a run of a minute, which npm run nightly has')
    await prometheusBinary().catch((error: unknown) => {
      if (!(error instanceof DebianUnavailable) || process.env['CI'] === 'true') throw error
      skip(error.message)
    })
    const run = await runForDashboard(cluster, SHORT_PLAN)
    const isExpected = (expr: string): boolean => metricsOf(expr).some((metric) => metric in EMPTY_FOR_A_REASON)
    const problems = run.panels.flatMap(({ panel, empty }) =>
      empty.filter((expr) => !isExpected(expr)).map((expr) => `${panel.title}: ${expr} returns nothing`),
    )
    const unknown = run.panels
      .flatMap(({ panel }) => panel.targets.flatMap(({ expr }) => metricsOf(expr)))
      .filter((metric) => !run.metrics.has(metric) && !(metric in EMPTY_FOR_A_REASON))
    expect({ problems, unknown }).toEqual({ problems: [], unknown: [] })
    // The outage is visible: sources failed, and resources were not Ready.
    const highest = (title: string): number =>
      Math.max(
        ...run.panels
          .filter(({ panel }) => panel.title === title)
          .flatMap(({ series }) => series.flatMap(({ points }) => points.map(([, value]) => value))),
      )
    expect(highest('Sources that fail')).toBeGreaterThan(0)
    expect(highest('Not Ready')).toBeGreaterThan(0)
    expect(highest('Reads that fail')).toBeGreaterThan(0)
    expect(run.events.map(({ kind }) => kind)).toEqual(['rotations', 'outage', 'handover'])
    const svg = drawDashboard(run)
    for (const { panel } of run.panels) expect(svg).toContain(`>${panel.title}</text>`)
  })
})
