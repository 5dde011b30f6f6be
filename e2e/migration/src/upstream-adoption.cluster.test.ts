import path from 'node:path'
import { type ControlPlane, startControlPlane } from '@ack-secret-manager/control-plane'
import { describeCluster } from '@ack-secret-manager/control-plane/testing'
import {
  apply,
  AuditLog,
  collectionPath,
  installCrds,
  type LeftObject,
  type OperatorProcess,
  readManifests,
  TestEnvironment,
  until,
  UPSTREAM_FINALIZER,
  upstreamCrds,
} from '@ack-secret-manager/testenv'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { stringify } from 'yaml'
import { migrate } from './migrate.ts'
import { leaveUpstreamState, LEFT_SECRETS, writeStatus } from './upstream-state.ts'

const USER = 'adopting-operator'
const API = '/apis/alibabacloud.com/v1alpha1'
const DEADLINE_MS = 120_000
const KINDS = ['secretstores', 'externalsecrets', 'clustersecretstores', 'clusterexternalsecrets']

const LEFT = Object.entries(LEFT_SECRETS).flatMap(([namespace, secrets]) =>
  Object.keys(secrets).map((name) => `${namespace}/${name}`),
)
/** A Secret is adopted as a whole or not at all: a source of this one is deleted in KMS. */
const FAILING = 'six/failing'

interface Live extends LeftObject {
  readonly metadata: LeftObject['metadata'] & { readonly uid: string; readonly resourceVersion: string }
  readonly data?: object
}

describeCluster('resources of the Go operator', { timeout: 4 * DEADLINE_MS }, () => {
  let plane: ControlPlane
  let env: TestEnvironment
  let audit: AuditLog
  let operator: OperatorProcess | undefined
  let before: ReadonlyMap<string, Live>

  beforeAll(async () => {
    const users = [{ name: USER, groups: ['system:masters'], token: 'only-for-this-run' }]
    plane = await startControlPlane({ audit: true, users })
    await leaveUpstreamState(plane.request)
    before = await secrets()
    audit = new AuditLog(plane.auditLogPath)
  })
  afterAll(async () => {
    await operator?.stop()
    await env?.[Symbol.asyncDispose]()
    await plane?.[Symbol.asyncDispose]()
  })

  async function get<T = Live>(where: string): Promise<T> {
    return (await plane.request<T>('GET', where)).body
  }

  async function secrets(): Promise<ReadonlyMap<string, Live>> {
    const one = async (key: string): Promise<[string, Live]> => {
      const [namespace, name] = key.split('/')
      return [key, await get(`/api/v1/namespaces/${namespace}/secrets/${name}`)]
    }
    return new Map(await Promise.all(LEFT.map(one)))
  }

  /** All custom resources, as listed by kind. */
  async function resources(): Promise<readonly Live[]> {
    const lists = await Promise.all(
      // A kind is not served for a moment after its CRD has changed.
      KINDS.map((plural) =>
        until(`${plural} are served`, async () => {
          const { status, body } = await plane.request<{ kind: string; items: Live[] }>('GET', `${API}/${plural}`)
          return status === 200 ? body : undefined
        }),
      ),
    )
    return lists.flatMap(({ kind, items }) =>
      items.map((item) => ({ ...item, apiVersion: 'alibabacloud.com/v1alpha1', kind: kind.replace(/List$/, '') })),
    )
  }

  function pathOf(object: Live): string {
    return `${collectionPath(object, '')}/${object.metadata.name}`
  }

  async function start(): Promise<void> {
    operator = await env.replica({
      kubeconfigPath: plane.kubeconfigPathOf(USER),
      namespaces: [],
      args: ['--leader-elect=false', '--polling-interval=1s', '--log-level=info'],
    })
    await operator.leading()
  }

  async function stop(): Promise<void> {
    await operator?.stop()
    operator = undefined
  }

  /** Writes of the operator to these Secrets since the last call. */
  async function written(): Promise<readonly string[]> {
    const requests = await audit.take(USER)
    return requests
      .filter(
        ({ verb, resource, code }) => resource === 'secrets' && /create|update|patch|delete/.test(verb) && code < 300,
      )
      .filter(({ namespace, name }) => LEFT.includes(`${namespace}/${name}`))
      .map(({ verb, namespace, name }) => `${verb} ${namespace}/${name}`)
  }

  /** Reason of each resource, by its Secret. */
  async function reasons(): Promise<Readonly<Record<string, string>>> {
    const { items } = await get<{
      items: { metadata: { namespace: string; name: string }; status?: { conditions?: { reason: string }[] } }[]
    }>(`${API}/externalsecrets`)
    const entries = items.map(({ metadata: { namespace, name }, status }) => [
      `${namespace}/${name === 'renamed' ? 'other-name' : name}`,
      status?.conditions?.[0]?.reason ?? 'none',
    ])
    return Object.fromEntries(entries)
  }

  async function untilReason(reason: string): Promise<void> {
    const wanted = Object.fromEntries(LEFT.map((key) => [key, key === FAILING ? 'Degraded' : reason]))
    await vi.waitFor(async () => expect(await reasons()).toMatchObject(wanted), { timeout: DEADLINE_MS, interval: 200 })
  }

  /** Waits until all secrets were read twice again. */
  async function untilPolled(): Promise<void> {
    const { total } = await env.simulator.calls()
    await until('the secrets were read again', async () => (await env.simulator.calls()).total > total + 20)
  }

  it('stay complete and writable when the CRDs are replaced by ours', async () => {
    env = await TestEnvironment.start({
      controlPlane: { kubeconfigPath: plane.kubeconfigPath, request: plane.request, namespace: 'six' },
      seed: { secrets: { db: 'one', user: 'tom' } },
    })
    const all = await resources()
    expect(all).toHaveLength(13)
    for (const object of all) {
      const labels = { metadata: { labels: { seen: 'yes' } } }
      const { status: code } = await plane.request('PATCH', pathOf(object), labels)
      expect([pathOf(object), code]).toEqual([pathOf(object), 200])
      // The API server validates a status only if it changes.
      const status = JSON.parse(JSON.stringify(object.status ?? {}).replaceAll('2025-03', '2025-04')) as object
      await writeStatus(plane.request, { ...object, status }, object.metadata.namespace ?? '')
    }
  })

  it('are not adopted without a request; only the finalizers are removed, which would block deletion', async () => {
    await start()
    await untilReason('TargetConflict')
    expect(await secrets()).toEqual(before)
    await until(
      'the finalizers are removed',
      async () => !JSON.stringify(await resources()).includes(UPSTREAM_FINALIZER),
    )
    expect(await written()).toEqual([])
  })

  it('are adopted by an annotation or by acksm migrate, with one write per Secret', async () => {
    const annotations = { 'alibabacloud.com/adopt': 'true' }
    for (const name of ['plain', 'several']) {
      await plane.request('PATCH', `${API}/namespaces/five/externalsecrets/${name}`, { metadata: { annotations } })
    }
    for (const manifest of await migrated()) await apply(plane.request, manifest)
    await untilReason('Synced')
    await untilPolled()
    const adopted = LEFT.filter((key) => key !== FAILING)
    expect((await written()).toSorted()).toEqual(adopted.map((key) => `patch ${key}`).toSorted())
    const after = await secrets()
    expect(after.get(FAILING)).toEqual(before.get(FAILING))
    const owner = { apiVersion: 'alibabacloud.com/v1alpha1', kind: 'ExternalSecret', controller: true }
    for (const key of adopted) {
      const { data, metadata } = before.get(key) ?? expect.fail()
      const {
        uid,
        labels = {},
        annotations: theirs = {},
      } = metadata as Live['metadata'] & { labels?: object; annotations?: object }
      expect(after.get(key)).toMatchObject({
        data,
        metadata: { uid, labels, annotations: theirs, ownerReferences: [expect.objectContaining(owner)] },
      })
    }
  })

  /** `kubectl get … -o yaml | acksm migrate --adopt -f -` */
  async function migrated(): Promise<readonly LeftObject[]> {
    const items = (await resources()).filter(({ metadata }) => metadata.namespace !== 'five')
    const old = stringify({ apiVersion: 'v1', kind: 'List', items })
    // ExternalSecrets of a ClusterExternalSecret are not migrated separately.
    const directory = await migrate(env.directory, { 'old.yaml': old }, '--from', 'ack-secret-manager', '--adopt')
    return readManifests(path.join(directory, 'old.yaml'))
  }

  it('stay unchanged when the operator stops and starts again', async () => {
    const adopted = await secrets()
    await stop()
    expect(await secrets()).toEqual(adopted)
    await start()
    await untilReason('Synced')
    await untilPolled()
    expect(await secrets()).toEqual(adopted)
    expect(await written()).toEqual([])
    await stop()
  })

  it('are deleted with their namespace, also if the operator starts later', async () => {
    const untilGone = (name: string): Promise<unknown> =>
      until(
        `namespace ${name} is gone`,
        async () => (await plane.request('GET', `/api/v1/namespaces/${name}`)).status === 404,
        { deadlineMs: DEADLINE_MS },
      )
    for (const { kind, metadata } of await resources()) {
      if (metadata.namespace === 'hung')
        await giveBack(`${API}/namespaces/hung/${kind.toLowerCase()}s/${metadata.name}`)
    }
    await plane.request('DELETE', '/api/v1/namespaces/hung')
    await until('it waits for the finalizers', async () =>
      JSON.stringify(await get('/api/v1/namespaces/hung')).includes(UPSTREAM_FINALIZER),
    )
    await start()
    await untilGone('hung')
    await plane.request('DELETE', '/api/v1/namespaces/five')
    await untilGone('five')
    await stop()
  })

  /** Acts like the Go operator for a resource without its finalizer. */
  async function giveBack(where: string): Promise<void> {
    const { status } = await plane.request('PATCH', where, { metadata: { finalizers: [UPSTREAM_FINALIZER] } })
    expect(status).toBe(200)
  }

  it('can be returned to the Go operator, which can read and write all of them', async () => {
    await installCrds(plane.request, upstreamCrds('v0.6'))
    const resource = `${API}/namespaces/six/externalsecrets/plain`
    const secret = '/api/v1/namespaces/six/secrets/plain'
    // The types that it decodes: a single mismatch makes it fail for the whole kind.
    for (const object of await resources()) {
      const { capabilities = '', conditions = [] } = object.status as { capabilities?: unknown; conditions?: object[] }
      expect(typeof capabilities).toBe('string')
      for (const condition of conditions) {
        expect(condition).toMatchObject({ lastTransitionTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:]{8}Z$/) })
      }
    }
    await giveBack(resource)
    // v0.5 replaces the metadata of the Secret, v0.6 keeps ours.
    const metadata = { name: 'plain', labels: { lastUpdatedAt: '2025-05-01T10.00.00Z' } }
    expect(await plane.request('PUT', secret, { ...(await get(secret)), metadata })).toMatchObject({ status: 200 })
    // On deletion it deletes the Secret, then removes its finalizer.
    await plane.request('DELETE', resource)
    expect(await plane.request('DELETE', secret)).toMatchObject({ status: 200 })
    await plane.request('PATCH', resource, { metadata: { finalizers: null } })
    expect(await plane.request('GET', resource)).toMatchObject({ status: 404 })
  })
})
