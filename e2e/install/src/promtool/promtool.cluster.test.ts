import { fileURLToPath } from 'node:url'
import { createMetrics } from '@ack-secret-manager/operator'
import { describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { dashboard } from '@ack-secret-manager/chart/generators/dashboard'
import { complaintsOf, usePromtool } from './promtool.ts'
import { ROOT } from '@ack-secret-manager/chart/root'

const pathOf = (file: string): string => fileURLToPath(new URL(file, ROOT))

describe('promtool', () => {
  const promtool = usePromtool()

  it('accepts the alert rules', () => {
    const { status, said } = promtool(['check', 'rules', '--lint=all', pathOf('apps/operator/chart/files/alerts.yaml')])
    expect([status, said]).toEqual([0, expect.stringContaining('SUCCESS')])
  })

  it('confirms that they fire only when expected', () => {
    const { status, said } = promtool(['test', 'rules', pathOf('e2e/install/src/promtool/alerts.promtool.yaml')])
    expect([status, said]).toEqual([0, expect.stringContaining('SUCCESS')])
  })

  it('accepts the queries of the dashboard', () => {
    const { panels } = dashboard() as { panels: ReadonlyArray<{ targets: ReadonlyArray<{ expr: string }> }> }
    const queries = panels.flatMap(({ targets }) =>
      targets.map(({ expr }) => expr.replaceAll('$__rate_interval', '5m')),
    )
    // promtool tests can only query recording rules.
    const rules = queries.map((expr, index) => ({ record: `query_${index}`, expr }))
    const { status, said } = promtool(['check', 'rules'], stringify({ groups: [{ name: 'dashboard', rules }] }))
    expect([status, said]).toEqual([0, expect.stringContaining(`SUCCESS: ${rules.length} rules found`)])
  })

  it('accepts the metrics, except those of Node.js', async () => {
    expect(complaintsOf(promtool, await createMetrics('1.2.3').registry.metrics())).toEqual([])
  })

  it('rejects malformed metrics', () => {
    expect(complaintsOf(promtool, '# TYPE requests counter\nrequests 1\n')).toContainEqual(
      expect.stringMatching(/^requests counter metrics should have "_total" suffix/),
    )
    expect(complaintsOf(promtool, '# TYPE requests counter\nrequests one\n')).not.toEqual([])
  })
})
