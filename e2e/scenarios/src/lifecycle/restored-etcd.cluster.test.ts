import type { ApiRequest } from '@ack-secret-manager/control-plane'
import { describeCluster } from '@ack-secret-manager/control-plane/testing'
import { expect, it } from 'vitest'
import { TestEnvironment, until } from '@ack-secret-manager/testenv'

describeCluster('etcd restored from a backup', { timeout: 300_000 }, () => {
  it('makes the operator exit with 1; after a restart it writes the current values again', async () => {
    await using env = await TestEnvironment.start({ controlPlane: {}, seed: { secrets: { db: 'one' } } })
    const { plane } = env
    // Without leader election, because the outage of the API server could cost the Lease.
    const operator = await env.leader('--leader-elect=false')
    await env.externalSecret('web', { password: 'db' })
    await env.untilSecret('web', { password: 'one' })
    const backup = await plane.backUp()
    await env.simulator.put('db', 'two', 'v2')
    await env.untilSecret('web', { password: 'two' })
    await age(plane.request)
    // Bookmarks deliver the current resourceVersion.
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

  it('is noticed if its resourceVersions are already higher, as with --bump-revision', async () => {
    await using env = await TestEnvironment.start({ controlPlane: {}, seed: { secrets: { db: 'one' } } })
    const { plane } = env
    const operator = await env.leader('--leader-elect=false')
    await env.externalSecret('web', { password: 'db' })
    await env.untilSecret('web', { password: 'one' })
    const backup = await plane.backUp()
    await env.simulator.put('db', 'two', 'v2')
    await env.untilSecret('web', { password: 'two' })
    await until('the status has the new version', async () =>
      JSON.stringify((await plane.request('GET', env.resourcePath('externalsecrets', 'web'))).body).includes('"v2"'),
    )

    process.kill(operator.program.pid, 'SIGSTOP')
    await plane.restore(backup)
    await age(plane.request)
    process.kill(operator.program.pid, 'SIGCONT')
    expect(await operator.program.exited).toBe(1)
    expect(operator.program.latest).toContain('resourceVersion went backwards')

    await env.operator('--leader-elect=false')
    await env.untilSecret('web', { password: 'two' })
  })
})

/** Advances the resourceVersion further than the startup writes do, so that the restored etcd is still behind. */
async function age(request: ApiRequest): Promise<void> {
  const path = '/api/v1/namespaces/default/configmaps'
  const names = Array.from({ length: 300 }, (_, index) => `aged-${index}`)
  await Promise.all(names.map((name) => request('POST', path, { metadata: { name } })))
}
