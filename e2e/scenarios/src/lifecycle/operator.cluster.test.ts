import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { ACCESS_KEY, type OperatorProcess, TestEnvironment, until } from '@ack-secret-manager/testenv'
import { canary, findLeaks } from '@ack-secret-manager/test-support/canary'
import { afterAll, beforeAll, expect, it } from 'vitest'

const [DB_ONE, DB_TWO, TOKEN] = [canary('db-one'), canary('db-two'), canary('token')]

describeCluster('the operator on a real API server', { timeout: 240_000 }, () => {
  const cluster = useCluster()
  let env: TestEnvironment
  let operator: OperatorProcess

  beforeAll(async () => {
    env = await TestEnvironment.start({
      controlPlane: cluster,
      seed: { secrets: { db: DB_ONE, token: TOKEN, doc: JSON.stringify({ user: canary('tom') }) } },
    })
    operator = await env.leader()
  })
  afterAll(() => env?.[Symbol.asyncDispose]())

  it('writes a Secret, reports it, and follows a rotation', async () => {
    await env.externalSecret('follows', { password: 'db', token: 'token' })
    await env.untilSecret('follows', { password: DB_ONE, token: TOKEN })
    expect(await env.untilReason('externalsecrets', 'follows', 'Synced')).toMatchObject({ status: 'True' })
    await env.simulator.put('db', DB_TWO, 'v2')
    await env.untilSecret('follows', { password: DB_TWO, token: TOKEN })
    await until('the status has the version', async () => {
      const { body } = await cluster.request('GET', env.resourcePath('externalsecrets', 'follows'))
      return JSON.stringify(body).includes('"versionId":"v2"')
    })
  })

  it('shows the identity of a store', async () => {
    const { message } = await env.untilReason('secretstores', 'kms', 'Ready')
    expect(message).toContain(ACCESS_KEY.id)
  })

  it('repairs an edit and a deletion, and keeps keys of other writers', async () => {
    await env.externalSecret('repaired', { token: 'token' })
    await env.untilSecret('repaired', { token: TOKEN })
    const patch = { data: { token: btoa('edited'), theirs: btoa('kept') } }
    await cluster.request('PATCH', env.secretPath('repaired'), patch)
    await env.untilSecret('repaired', { token: TOKEN, theirs: 'kept' })
    await cluster.request('DELETE', env.secretPath('repaired'))
    await env.untilSecret('repaired', { token: TOKEN })
  })

  it('does not change an unmanaged Secret until a user lets it adopt the Secret', async () => {
    await env.putSecret('foreign', { mine: 'x' })
    const before = await env.secret('foreign')
    await env.externalSecret('foreign', { token: 'token' })
    const { message } = await env.untilReason('externalsecrets', 'foreign', 'TargetConflict')
    expect(message).toContain('creationPolicy: Adopt')
    expect((await env.secret('foreign'))?.metadata.resourceVersion).toBe(before?.metadata.resourceVersion)
    await env.externalSecret('foreign', { token: 'token' }, { target: { creationPolicy: 'Adopt' } })
    await env.untilSecret('foreign', { mine: 'x', token: TOKEN })
  })

  it('names the invalid field of a spec, and keeps the Secret', async () => {
    await env.externalSecret('invalid', { token: 'token' })
    const before = await env.untilSecret('invalid', { token: TOKEN })
    const extract = { key: 'doc', secretStoreRef: { name: 'kms' } }
    await env.apply('ExternalSecret', 'invalid', {
      dataProcess: [{ extract, replaceRule: [{ source: '(', target: '' }] }],
    })
    const { message } = await env.untilReason('externalsecrets', 'invalid', 'InvalidSpec')
    expect(message).toContain('spec.dataProcess[0].replaceRule[0].source')
    expect((await env.secret('invalid'))?.metadata.resourceVersion).toBe(before.metadata.resourceVersion)
  })

  it('keeps values while a credential is wrong, and recovers when it is corrected', async () => {
    await env.externalSecret('credential', { token: 'token' })
    const before = await env.untilSecret('credential', { token: TOKEN })
    await env.putSecret('kms-key', { ...ACCESS_KEY, secret: 'wrong-secret' })
    await env.untilReason('externalsecrets', 'credential', 'AuthenticationFailed')
    await until('the store is counted', async () =>
      (await operator.metrics()).includes('acksm_resources{kind="SecretStore",ready="False"} 1\n'),
    )
    expect((await env.secret('credential'))?.metadata.resourceVersion).toBe(before.metadata.resourceVersion)
    await env.putSecret('kms-key', ACCESS_KEY)
    await env.untilReason('externalsecrets', 'credential', 'Synced')
    expect((await env.secret('credential'))?.metadata.resourceVersion).toBe(before.metadata.resourceVersion)
  })

  it('deletes an owned Secret with its resource, and keeps a retained one', async () => {
    await env.externalSecret('deleted', { token: 'token' })
    await env.externalSecret('retained', { token: 'token' }, { target: { deletionPolicy: 'Retain' } })
    await env.untilSecret('deleted', { token: TOKEN })
    const kept = await env.untilSecret('retained', { token: TOKEN })
    await cluster.request('DELETE', env.resourcePath('externalsecrets', 'deleted'))
    await cluster.request('DELETE', env.resourcePath('externalsecrets', 'retained'))
    // The garbage collector discovers new kinds twice a minute.
    await until('the garbage collector has come', async () => (await env.secret('deleted')) === undefined, {
      deadlineMs: 150_000,
    })
    expect((await env.secret('retained'))?.metadata.uid).toBe(kept.metadata.uid)
    // The recreated resource continues with its Secret.
    await env.externalSecret('retained', { token: 'token' }, { target: { deletionPolicy: 'Retain' } })
    await env.untilReason('externalsecrets', 'retained', 'Synced')
    expect((await env.secret('retained'))?.metadata.uid).toBe(kept.metadata.uid)
  })

  it('removes its merged keys with the resource', async () => {
    await env.putSecret('merged', { mine: 'x' })
    await env.externalSecret('merged', { token: 'token' }, { target: { creationPolicy: 'Merge' } })
    await env.untilSecret('merged', { mine: 'x', token: TOKEN })
    await cluster.request('DELETE', env.resourcePath('externalsecrets', 'merged'))
    await env.untilSecret('merged', { mine: 'x' })
  })

  it('removes the finalizer of the Go operator', async () => {
    await env.externalSecret('upstream', { token: 'token' })
    const finalizers = ['finalizer.ack.secrets-manager.alibabacloud.com', 'example.com/theirs']
    const resource = env.resourcePath('externalsecrets', 'upstream')
    await cluster.request('PATCH', resource, { metadata: { finalizers } })
    await until('only the other finalizer is left', async () => {
      const { body } = await cluster.request<{ metadata: { finalizers?: string[] } }>('GET', resource)
      return body.metadata.finalizers?.join() === 'example.com/theirs'
    })
    await cluster.request('PATCH', resource, { metadata: { finalizers: null } })
  })

  it('ignores excluded namespaces', async () => {
    await env.putSecret('shard', { mine: 'x' })
    await env.externalSecret('shard', { token: 'token' }, { target: { creationPolicy: 'Merge' } })
    const before = await env.untilSecret('shard', { mine: 'x', token: TOKEN })
    const other = await env.replica({
      namespaces: [],
      args: [`--exclude-namespaces=${cluster.namespace}`, '--leader-elect=false'],
    })
    await other.leading()
    await other.stop()
    expect((await env.secret('shard'))?.metadata.resourceVersion).toBe(before.metadata.resourceVersion)
  })

  it('serves health, readiness and metrics', async () => {
    const get = async (page: string): Promise<[number, string]> => {
      const response = await fetch(`http://127.0.0.1:${operator.healthPort}${page}`)
      return [response.status, await response.text()]
    }
    expect(await get('/healthz')).toEqual([200, 'ok\n'])
    expect(await get('/readyz')).toEqual([200, 'ok\n'])
    expect((await get('/nope'))[0]).toBe(404)
    const metrics = await operator.metrics()
    expect(metrics).toMatch(/acksm_source_reads_total\{backend="kms-endpoint",result="unchanged"\} \d/)
    expect(metrics).toContain('acksm_leader 1')
    expect(metrics).toContain('acksm_resources{kind="SecretStore",ready="True"} 1')
    expect(metrics).toMatch(/acksm_source_overdue_seconds\{scope="platform"\} \d/)
    expect(metrics).not.toContain('follows')
  })

  it('reveals no value and no credential anywhere, at debug level', async () => {
    const find = (text: string): string[] => findLeaks(text, ['canary-', ACCESS_KEY.secret, 'wrong-secret'])
    // Names are not secret: a name that looks like a canary must appear in each channel except metrics.
    await env.externalSecret('leaky', { key: 'planted-canary' })
    await env.untilReason('externalsecrets', 'leaky', 'SecretNotFound')
    await until('the event is there', async () =>
      (await env.visibleObjects()).includes('"note":"SecretNotFound: KMS secret \\"planted-canary'),
    )
    // Log lines take another path than statuses and may arrive later.
    await operator.program.line((line) => (line.includes('planted-canary') ? line : undefined))
    const log = operator.program.lines.join('\n')
    const said = await env.visibleObjects()
    expect([log, said].map((text) => text.includes('planted-canary'))).toEqual([true, true])
    const all = [log, said, await operator.metrics()].join('\n').replaceAll('planted-canary', '')
    expect(find(`${all} ${Buffer.from(DB_ONE).toString('base64')}`)).not.toEqual([])
    expect(find(all)).toEqual([])
  })
})
