import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { expect, it } from 'vitest'
import { Scene } from '../../../apps/operator/src/testing/scene.ts'
import { complaintsOf, usePromtool } from './promtool.ts'

describeCluster('the metrics of a running operator', () => {
  const cluster = useCluster()
  const promtool = usePromtool()

  it('are to the liking of promtool, those of single resources too', { timeout: 180_000 }, async () => {
    await using scene = await Scene.open({ ...cluster, secrets: { db: 'one' } })
    const operator = await scene.operator('--metrics-per-resource')
    await scene.externalSecret('app', { password: 'db' })
    await scene.untilReason('externalsecrets', 'app', 'Synced', 60_000)
    const page = await operator.metrics()
    // What must have happened for there to be something to check.
    for (const series of [
      'acksm_resource_ready{',
      'acksm_sync_duration_seconds_bucket{',
      'acksm_kube_requests_total{',
    ]) {
      expect(page).toContain(`\n${series}`)
    }
    expect(complaintsOf(promtool, page)).toEqual([])
  })
})
