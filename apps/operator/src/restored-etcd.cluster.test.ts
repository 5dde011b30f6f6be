import { startControlPlane } from '@ack-secret-manager/control-plane'
import { describeCluster } from '@ack-secret-manager/control-plane/testing'
import { expect, it } from 'vitest'
import { TestEnvironment } from './testing/environment/test-environment.ts'

describeCluster('an etcd that is restored from a backup', { timeout: 300_000 }, () => {
  it('ends the operator with 1; started again, it puts the current values back', async () => {
    await using plane = await startControlPlane()
    const cluster = { kubeconfigPath: plane.kubeconfigPath, request: plane.request, namespace: 'default' }
    await using env = await TestEnvironment.open({ ...cluster, secrets: { db: 'one' } })
    // Without a lease, which the time that the API server is away could cost it.
    const operator = await env.operator('--leader-elect=false')
    await operator.leading()
    await env.externalSecret('web', { password: 'db' })
    await env.untilSecret('web', { password: 'one' })
    const backup = await plane.backUp()
    await env.simulator.put('db', 'two', 'v2')
    await env.untilSecret('web', { password: 'two' })
    await age(plane.request)
    // It hears of how far the history is.
    await env.externalSecret('late', { password: 'db' })
    await env.untilSecret('late', { password: 'two' })

    await plane.restore(backup)
    expect(await operator.program.exited).toBe(1)
    expect(operator.program.latest).toContain('resourceVersion went backwards')
    expect((await env.secret('web'))?.data).toEqual({ password: btoa('one') })

    await env.operator('--leader-elect=false')
    await env.untilSecret('web', { password: 'two' })
    expect(await env.secret('late')).toBeUndefined()
  })
})

/** More happens than what programs write when they start: the restored history has not caught up when it is looked at. */
async function age(request: Awaited<ReturnType<typeof startControlPlane>>['request']): Promise<void> {
  const path = '/api/v1/namespaces/default/configmaps'
  const names = Array.from({ length: 300 }, (_, index) => `aged-${index}`)
  await Promise.all(names.map((name) => request('POST', path, { metadata: { name } })))
}
