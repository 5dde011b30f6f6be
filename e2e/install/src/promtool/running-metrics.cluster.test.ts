import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { TestEnvironment, until } from '@ack-secret-manager/testenv'
import { expect, it } from 'vitest'
import { complaintsOf, usePromtool } from './promtool.ts'

describeCluster('the metrics of a running operator', () => {
  const cluster = useCluster()
  const promtool = usePromtool()

  it('are accepted by promtool, including per-resource ones', { timeout: 180_000 }, async () => {
    await using fixture = await TestEnvironment.start({ controlPlane: cluster, seed: { secrets: { db: 'one' } } })
    const operator = await fixture.operator('--metrics-per-resource')
    await fixture.externalSecret('app', { password: 'db' })
    await fixture.untilReason('externalsecrets', 'app', 'Synced', 60_000)
    // Metrics that must have samples before the check. A status can be visible before it is counted.
    const series = ['acksm_resource_ready{', 'acksm_sync_duration_seconds_bucket{', 'acksm_kube_requests_total{']
    const page = await until(`the page has ${series.join(', ')}`, async () => {
      const text = await operator.metrics()
      return series.every((each) => text.includes(`\n${each}`)) && text
    })
    expect(complaintsOf(promtool, page)).toEqual([])
  })
})
