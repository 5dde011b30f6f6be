import { startControlPlane } from '@ack-secret-manager/control-plane'
import { describeCluster } from '@ack-secret-manager/control-plane/testing'
import { expect, it } from 'vitest'
import { Scene } from './testing/scene.ts'

describeCluster('an etcd that is restored from a backup', { timeout: 300_000 }, () => {
  it('ends the operator with 1; started again, it puts the current values back', async () => {
    await using plane = await startControlPlane()
    const place = { kubeconfigPath: plane.kubeconfigPath, request: plane.request, namespace: 'default' }
    await using scene = await Scene.open({ ...place, secrets: { db: 'one' } })
    // Without a lease, which the time that the API server is away could cost it.
    const operator = await scene.operator('--leader-elect=false')
    await operator.leading()
    await scene.externalSecret('web', { password: 'db' })
    await scene.untilSecret('web', { password: 'one' })
    const backup = await plane.backUp()
    await scene.simulator.put('db', 'two', 'v2')
    await scene.untilSecret('web', { password: 'two' })
    await age(plane.request)
    // It hears of how far the history is.
    await scene.externalSecret('late', { password: 'db' })
    await scene.untilSecret('late', { password: 'two' })

    await plane.restore(backup)
    expect(await operator.program.exited).toBe(1)
    expect(operator.program.latest).toContain('resourceVersion went backwards')
    expect((await scene.secret('web'))?.data).toEqual({ password: btoa('one') })

    await scene.operator('--leader-elect=false')
    await scene.untilSecret('web', { password: 'two' })
    expect(await scene.secret('late')).toBeUndefined()
  })
})

/** More happens than what programs write when they start: the restored history has not caught up when it is looked at. */
async function age(request: Awaited<ReturnType<typeof startControlPlane>>['request']): Promise<void> {
  const path = '/api/v1/namespaces/default/configmaps'
  const names = Array.from({ length: 300 }, (_, index) => `aged-${index}`)
  await Promise.all(names.map((name) => request('POST', path, { metadata: { name } })))
}
