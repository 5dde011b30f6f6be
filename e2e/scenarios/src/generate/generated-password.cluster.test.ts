import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { KubeClient } from '@ack-secret-manager/k8s-client'
import { type OperatorProcess, TestEnvironment, until } from '@ack-secret-manager/testenv'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ageRecord } from './age-record.ts'

const HOUR = 3_600_000
const PROVENANCE = 'alibabacloud.com/provenance'
const MERGE_PATCH = { contentType: 'application/merge-patch+json' }

interface Deployment {
  readonly metadata: { readonly generation: number }
}
interface Backup {
  readonly metadata: {
    readonly labels: object
    readonly annotations: object
    readonly managedFields: readonly object[]
  }
  readonly data: object
}
interface Status {
  readonly status?: {
    readonly generated?: readonly { readonly generatedTime: string; readonly renewalTime?: string }[]
  }
}

describeCluster('a generated password', { timeout: 240_000 }, () => {
  const cluster = useCluster()
  let env: TestEnvironment
  let operator: OperatorProcess
  let client: KubeClient

  const rotated = { generate: [{ name: 'password', password: { rotationInterval: '24h' } }] }
  const passwordOf = async (name: string, key = 'password'): Promise<string | undefined> => {
    const text = (await env.secret(name))?.data?.[key]
    return text === undefined ? undefined : Buffer.from(text, 'base64').toString()
  }
  const untilPassword = (name: string, is: (text: string) => boolean): Promise<string> =>
    until(`the password of ${name} is as expected`, async () => {
      const text = await passwordOf(name)
      return text !== undefined && is(text) ? text : undefined
    })
  const patch = (name: string, body: object): Promise<unknown> =>
    cluster.request('PATCH', env.secretPath(name), body, MERGE_PATCH)
  const age = (name: string, byMs: number): Promise<void> =>
    ageRecord(client, { namespace: cluster.namespace, name }, byMs)
  const generatedTime = async (name: string): Promise<string> => {
    const { body } = await cluster.request<Status>('GET', env.resourcePath('externalsecrets', name))
    return body.status?.generated?.[0]?.generatedTime ?? ''
  }

  beforeAll(async () => {
    env = await TestEnvironment.start({ controlPlane: cluster, seed: { secrets: { db: 'one' } } })
    client = await KubeClient.fromKubeConfig({ kubeconfigPath: cluster.kubeconfigPath })
    operator = await env.leader()
  })
  afterAll(async () => {
    await client?.close()
    await env?.[Symbol.asyncDispose]()
  })

  it('is generated once, rotated when its record is old, and one rollout follows', async () => {
    const labels = { app: 'web' }
    const template = { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'i' }] } }
    const deployment = { selector: { matchLabels: labels }, template }
    await env.applyObject({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web' }, spec: deployment })
    const restarts = async (): Promise<number> => {
      const where = `/apis/apps/v1/namespaces/${cluster.namespace}/deployments/web`
      return (await cluster.request<Deployment>('GET', where)).body.metadata.generation - 1
    }
    await env.apply('ExternalSecret', 'web', { ...rotated, restart: [{ kind: 'Deployment', name: 'web' }] })
    const first = await untilPassword('web', (text) => /^[A-Za-z0-9]{32}$/.test(text))
    await env.untilReason('externalsecrets', 'web', 'Synced')

    await age('web', 23 * HOUR)
    await until(
      'the status has the time of the record',
      async () => Date.parse(await generatedTime('web')) < Date.now() - 22 * HOUR,
    )
    expect([await passwordOf('web'), await restarts()]).toEqual([first, 0])

    await age('web', 2 * HOUR)
    const second = await untilPassword('web', (text) => text !== first)
    await until('the Deployment is restarted', async () => (await restarts()) === 1)
    await until('the status has the new time', async () => Date.parse(await generatedTime('web')) > Date.now() - HOUR)
    expect(second).toMatch(/^[A-Za-z0-9]{32}$/)
    expect([await passwordOf('web'), await restarts()]).toEqual([second, 1])
    const visible = await env.visibleObjects()
    for (const value of [first, second]) expect(visible).not.toContain(value)
  })

  it('survives a restart of the operator that lost the status, and the loss of its record', async () => {
    await env.apply('ExternalSecret', 'kept', rotated)
    const password = await untilPassword('kept', (text) => text.length === 32)
    await env.untilReason('externalsecrets', 'kept', 'Synced')
    await operator.stop()
    await cluster.request(
      'PATCH',
      `${env.resourcePath('externalsecrets', 'kept')}/status`,
      { status: null },
      MERGE_PATCH,
    )
    operator = await env.leader()
    await env.untilReason('externalsecrets', 'kept', 'Synced')
    expect(await passwordOf('kept')).toBe(password)

    await patch('kept', { metadata: { annotations: { [PROVENANCE]: null } } })
    await until(
      'the record is there again',
      async () => (await env.secret('kept'))?.metadata.annotations?.[PROVENANCE] !== undefined,
    )
    expect(await passwordOf('kept')).toBe(password)

    await age('kept', -48 * HOUR)
    await until('a time in the future is corrected', async () => (await recordedMs('kept')) <= Date.now())
    expect(await passwordOf('kept')).toBe(password)
  })

  it('is that of a user who edits it, and a new one if it is removed', async () => {
    await env.apply('ExternalSecret', 'edited', { generate: [{ name: 'password', password: { length: 40 } }] })
    const generated = await untilPassword('edited', (text) => text.length === 40)
    await env.untilReason('externalsecrets', 'edited', 'Synced')
    await age('edited', 48 * HOUR)
    const editedMs = Math.floor(Date.now() / 1_000) * 1_000
    await patch('edited', { stringData: { password: 'chosen-by-a-user' } })
    await until('the record has the time of the edit', async () => (await recordedMs('edited')) >= editedMs)
    expect(await passwordOf('edited')).toBe('chosen-by-a-user')

    await patch('edited', { data: { password: null } })
    const next = await untilPassword('edited', (text) => text.length === 40)
    expect(next).not.toBe(generated)
    await cluster.request('DELETE', env.secretPath('edited'))
    const last = await untilPassword('edited', (text) => text.length === 40 && text !== next)
    expect([generated, 'chosen-by-a-user']).not.toContain(last)
  })

  it('is that of an adopted Secret', async () => {
    await env.putSecret('adopted', { password: 'from-another-operator' })
    await env.apply('ExternalSecret', 'adopted', { ...rotated, target: { creationPolicy: 'Adopt' } })
    await env.untilReason('externalsecrets', 'adopted', 'Synced')
    expect(await passwordOf('adopted')).toBe('from-another-operator')
  })

  /** The time in the record of a Secret with one key. */
  const recordedMs = async (name: string): Promise<number> => {
    const record = (await env.secret(name))?.metadata.annotations?.[PROVENANCE]
    return Date.parse(/\d{4}-\d\d-\d\dT[\d:]+Z/.exec(record ?? '')?.[0] ?? '')
  }

  it('is the same after a backup has restored its merged Secret before the ExternalSecret', async () => {
    const name = 'restored'
    const metadata = { name, namespace: cluster.namespace }
    await env.applyObject({ apiVersion: 'v1', kind: 'Secret', metadata, data: { theirs: btoa('x') } })
    const spec = { generate: [{ name: 'password', password: {} }], target: { creationPolicy: 'Merge' } }
    const resource = { apiVersion: 'alibabacloud.com/v1alpha1', kind: 'ExternalSecret', metadata, spec }
    await env.applyObject(resource)
    const password = await untilPassword(name, () => true)
    const { body } = await cluster.request<Backup>('GET', env.secretPath(name))
    await cluster.request('DELETE', env.resourcePath('externalsecrets', name))
    await until('the password is removed', async () => (await passwordOf(name)) === undefined || undefined)
    await cluster.request('DELETE', env.secretPath(name))

    const { labels, annotations, managedFields } = body.metadata
    const restored = { metadata: { name, labels, annotations }, data: body.data }
    expect((await cluster.request('POST', env.secretPath(''), restored)).status).toBe(201)
    // As Velero does afterwards.
    const former = managedFields.map((entry) => ({ ...entry, time: '2026-01-01T00:00:00Z' }))
    await patch(name, { metadata: { managedFields: former } })
    await env.externalSecret('after-restore', { db: 'db' })
    await env.untilSecret('after-restore', { db: 'one' })
    expect(await passwordOf(name)).toBe(password)
    await env.applyObject(resource)
    await env.untilReason('externalsecrets', name, 'Synced')
    expect(await passwordOf(name)).toBe(password)
    await cluster.request('DELETE', env.resourcePath('externalsecrets', name))
    await until('the password is removed again', async () => (await passwordOf(name)) === undefined || undefined)
  })
})
