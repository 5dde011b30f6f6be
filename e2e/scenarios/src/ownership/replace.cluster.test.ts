import { fileURLToPath } from 'node:url'
import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import {
  contentDigester,
  type ContentDigester,
  type SecretBackend,
  SecretSyncError,
  Sensitive,
  systemClock,
} from '@ack-secret-manager/core'
import { KubeClient } from '@ack-secret-manager/k8s-client'
import { KubeSecretWriter } from '@ack-secret-manager/k8s-writer'
import { externalSecretSpecSchema, REPLACEMENT_PREFIX } from '@ack-secret-manager/resources'
import { RateLimits, type SyncResource, SyncEngine } from '@ack-secret-manager/sync-engine'
import { apply, type KubeSecret, readManifests, TestEnvironment, textsOf, until } from '@ack-secret-manager/testenv'
import { actBefore, type ApiCall, type Death, killAt } from '@ack-secret-manager/test-support/mortal-client'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'

/** Requests from reading the old Secret to deleting the replacement. */
const REQUESTS = 8
const DEADLINE_MS = 120_000

/** Reads from a secret manager that the test controls; throws if the value is an error. */
class FakeManager implements SecretBackend {
  readonly secrets = new Map<string, { text: string; version: string } | SecretSyncError>()

  read({ name }: { readonly name: string }) {
    const secret = this.secrets.get(name)
    if (!secret || secret instanceof SecretSyncError) {
      return Promise.reject(secret ?? new SecretSyncError('NotFound', `secret ${name} does not exist`))
    }
    const bytes = new Sensitive<Uint8Array>(Buffer.from(secret.text))
    const facts = { versionStages: ['ACSCurrent'], type: 'Generic', dataType: 'text' } as const
    return Promise.resolve({ bytes, versionId: secret.version, ...facts })
  }

  close(): Promise<void> {
    return Promise.resolve()
  }
}

/** One operator process, with a separate engine, writer and watch. */
class Process implements AsyncDisposable {
  readonly client: KubeClient
  readonly engine: SyncEngine
  readonly writer: KubeSecretWriter
  readonly #stop = new AbortController()
  readonly #running: Promise<void>

  private constructor(client: KubeClient, namespace: string, digester: ContentDigester, backend: SecretBackend) {
    this.client = client
    this.writer = new KubeSecretWriter({ client, digester, namespaces: [namespace] })
    this.#running = this.writer.run(this.#stop)
    const connection = { key: 'fake', kind: 'fake', quota: { account: 'me', region: 'here' }, backend }
    this.engine = new SyncEngine({
      writer: this.writer,
      digester,
      clock: systemClock,
      random: Math.random,
      resolveStore: () => ({ kind: 'ready', connection }),
      defaults: { intervalMs: 100, disablePolling: false },
      sources: { rateLimits: new RateLimits(), retry: { baseMs: 50, maxMs: 100 } },
      queue: { backoff: { baseMs: 50, maxMs: 100 } },
      reporter: { writeStatus: () => Promise.resolve(), recordEvent: () => undefined },
    })
  }

  static async start(
    { kubeconfigPath, namespace }: { readonly kubeconfigPath: string; readonly namespace: string },
    digester: ContentDigester,
    backend: SecretBackend,
  ): Promise<Process> {
    const started = new Process(await KubeClient.fromKubeConfig({ kubeconfigPath }), namespace, digester, backend)
    await started.writer.synced
    return started
  }

  /** Ends like SIGKILL: without finishing or reporting anything. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.engine.close(0)
    this.#stop.abort()
    await this.#running
    await this.writer.close()
    await this.client.close()
  }
}

describeCluster('a Secret that must be recreated while the operator crashes', { timeout: 4 * DEADLINE_MS }, () => {
  const cluster = useCluster()
  const digester = contentDigester()
  const secrets = `/api/v1/namespaces`
  const secret = async (name: string): Promise<KubeSecret | undefined> => {
    const { status, body } = await cluster.request<KubeSecret>('GET', `${secrets}/${cluster.namespace}/secrets/${name}`)
    return status === 200 ? body : undefined
  }
  const texts = async (name: string): Promise<unknown> => {
    const found = await secret(name)
    return found && textsOf(found)
  }
  const leftovers = async (): Promise<string[]> => {
    const path = `${secrets}/${cluster.namespace}/secrets`
    const { body } = await cluster.request<{ items: { metadata: { name: string } }[] }>('GET', path)
    return body.items.map(({ metadata }) => metadata.name).filter((name) => name.startsWith(REPLACEMENT_PREFIX))
  }
  const resourceOf = (name: string, spec: object): SyncResource => ({
    namespace: cluster.namespace,
    name,
    uid: '',
    generation: 1,
    apiVersion: 'alibabacloud.com/v1alpha1',
    kind: 'ExternalSecret',
    spec: { ok: true, value: externalSecretSpecSchema.parse(spec) },
    status: undefined,
    refreshNow: undefined,
    adopt: false,
  })
  const data = [
    { key: 'a', name: 'a' },
    { key: 'b', name: 'b' },
  ]
  /** Retained, because no resource in the cluster can own it. */
  const target = { immutable: true, deletionPolicy: 'Retain' }

  const deaths = Array.from({ length: REQUESTS }, (_, index) => index + 1).flatMap((step) =>
    (['before it is sent', 'before its response arrives'] as const).map((death) => [step, death] as const),
  )

  it.each<readonly [number, Death]>(deaths)('with request %i, %s', async (step, death) => {
    const name = `dies-${step}-${death === 'before it is sent' ? 'unsent' : 'unheard'}`
    const manager = new FakeManager()
    manager.secrets.set('a', { text: 'old', version: 'v1' })
    manager.secrets.set('b', { text: 'kept', version: 'v1' })
    {
      await using first = await Process.start(cluster, digester, manager)
      first.engine.start()
      first.engine.upsert(resourceOf(name, { data, target }))
      await vi.waitFor(async () => expect(await texts(name)).toEqual({ a: 'old', b: 'kept' }), DEADLINE_MS)
      const { died } = killAt(first.client, step, death)
      // One source changes while the other is unreadable: only the Secret still has its value.
      manager.secrets.set('b', new SecretSyncError('AccessDenied', 'no more'))
      manager.secrets.set('a', { text: 'new', version: 'v2' })
      await died
    }
    const found = await texts(name)
    if (found) expect(found).toEqual({ a: expect.toBeOneOf(['old', 'new']), b: 'kept' })

    // The secret manager is unreachable: the existing values must suffice.
    manager.secrets.set('a', new SecretSyncError('Unavailable', 'away'))
    await using second = await Process.start(cluster, digester, manager)
    second.engine.start()
    second.engine.upsert(resourceOf(name, { data, target }))
    await vi.waitFor(async () => {
      expect(await leftovers()).toEqual([])
      expect(await texts(name)).toEqual(found ?? { a: 'new', b: 'kept' })
    }, DEADLINE_MS)
    manager.secrets.set('a', { text: 'new', version: 'v2' })
    await vi.waitFor(async () => {
      expect(await texts(name)).toEqual({ a: 'new', b: 'kept' })
      expect(await leftovers()).toEqual([])
    }, DEADLINE_MS)
  })

  it('or stops between deleting the old and creating the new one: the new one exists before it exits', async () => {
    const manager = new FakeManager()
    manager.secrets.set('a', { text: 'old', version: 'v1' })
    manager.secrets.set('b', { text: 'kept', version: 'v1' })
    const stopping = await Process.start(cluster, digester, manager)
    stopping.engine.start()
    stopping.engine.upsert(resourceOf('stops', { data, target }))
    await vi.waitFor(async () => expect(await texts('stops')).toEqual({ a: 'old', b: 'kept' }), DEADLINE_MS)
    let posts = 0
    // The first create stages the replacement.
    const isNewOne = ({ method, query }: ApiCall): boolean =>
      method === 'POST' && query?.['dryRun'] === undefined && (posts += 1) === 2
    let between: unknown
    const ended = new Promise<void>((resolve) => {
      actBefore(stopping.client, isNewOne, async () => {
        between = await texts('stops')
        resolve(stopping[Symbol.asyncDispose]())
      })
    })
    manager.secrets.set('a', { text: 'new', version: 'v2' })
    await ended
    expect([between, await texts('stops')]).toEqual([undefined, { a: 'new', b: 'kept' }])
    expect(await leftovers()).toEqual([])
  })
})

describeCluster('what Kubernetes cannot change in place', { timeout: 4 * DEADLINE_MS }, () => {
  const cluster = useCluster()
  let env: TestEnvironment

  beforeAll(async () => {
    const examples = { 'shop/db': 'x', 'shop/signing-key': 'x', 'shop/registry': '{"auths":{}}' }
    env = await TestEnvironment.start({
      controlPlane: cluster,
      seed: { secrets: { crt: 'crt', key: 'key', value: 'one', other: 'kept', ...examples } },
    })
    await env.leader()
  })
  afterAll(() => env?.[Symbol.asyncDispose]())

  const whole = async (name: string): Promise<KubeSecret & { type: string; immutable?: boolean }> => {
    const found = await env.secret(name)
    if (!found) throw new Error(`no Secret ${name}`)
    return found as KubeSecret & { type: string; immutable?: boolean }
  }
  const untilRecreated = (name: string, uid: string): Promise<KubeSecret> =>
    until(`${name} is another object`, async () => {
      const found = await env.secret(name)
      return found && found.metadata.uid !== uid ? found : undefined
    })
  const leftovers = async (): Promise<string[]> => {
    const { body } = await cluster.request<{ items: { metadata: { name: string } }[] }>('GET', env.secretPath(''))
    return body.items.map(({ metadata }) => metadata.name).filter((name) => name.startsWith(REPLACEMENT_PREFIX))
  }

  it('is the type of a Secret: it is recreated under the same name', async () => {
    const keys = { 'tls.crt': 'crt', 'tls.key': 'key' }
    await env.externalSecret('typed', keys)
    const { metadata } = await env.untilSecret('typed', { 'tls.crt': 'crt', 'tls.key': 'key' })
    await env.externalSecret('typed', keys, { type: 'kubernetes.io/tls' })
    await untilRecreated('typed', metadata.uid)
    expect(await whole('typed')).toMatchObject({
      type: 'kubernetes.io/tls',
      metadata: { ownerReferences: [{ name: 'typed' }] },
    })
    expect(textsOf(await whole('typed'))).toEqual({ 'tls.crt': 'crt', 'tls.key': 'key' })
    await until('the event says so', async () => (await env.visibleObjects()).includes('Secret typed recreated: '))
    expect(await leftovers()).toEqual([])
  })

  it('is not replaced with invalid content for the new type: the old one is kept, and the message names the key', async () => {
    await env.externalSecret('unfit', { 'tls.crt': 'crt' })
    const before = await env.untilSecret('unfit', { 'tls.crt': 'crt' })
    await env.externalSecret('unfit', { 'tls.crt': 'crt' }, { type: 'kubernetes.io/tls' })
    const { message } = await env.untilReason('externalsecrets', 'unfit', 'InvalidForType')
    expect(message).toContain('requires key tls.key')
    expect((await whole('unfit')).metadata.resourceVersion).toBe(before.metadata.resourceVersion)
  })

  it('is an immutable Secret: edits fail, a new value recreates it, and deletion and the end of immutability are repaired', async () => {
    await env.externalSecret('frozen', { value: 'value', other: 'other' }, { target: { immutable: true } })
    const first = await env.untilSecret('frozen', { value: 'one', other: 'kept' })
    const edit = { data: { value: btoa('eve') } }
    const { status } = await cluster.request('PATCH', env.secretPath('frozen'), edit)
    expect([status, (await whole('frozen')).immutable]).toEqual([422, true])
    await env.simulator.put('value', 'two', 'v2')
    const second = await env.untilSecret('frozen', { value: 'two', other: 'kept' })
    expect(second.metadata.uid).not.toBe(first.metadata.uid)
    await cluster.request('DELETE', env.secretPath('frozen'))
    await untilRecreated('frozen', second.metadata.uid)
    await env.externalSecret('frozen', { value: 'value', other: 'other' }, { target: { immutable: false } })
    // The Secret does not exist for a moment while it is recreated.
    await until('it can be changed again', async () => {
      const found = await env.secret('frozen')
      return found !== undefined && !('immutable' in found && found.immutable === true)
    })
    expect(textsOf(await whole('frozen'))).toEqual({ value: 'two', other: 'kept' })
    await env.untilReason('externalsecrets', 'frozen', 'Synced')
    // Synced does not suffice: the replacement is deleted one request after the new Secret exists.
    await until('the replacement is deleted', async () => (await leftovers()).length === 0)
  })

  it('keeps the recreated Secret with Retain', async () => {
    const target = { deletionPolicy: 'Retain' }
    await env.externalSecret('retained', { other: 'other' }, { target })
    const { metadata } = await env.untilSecret('retained', { other: 'kept' })
    await env.externalSecret('retained', { other: 'other' }, { target, type: 'example.com/other' })
    const recreated = await untilRecreated('retained', metadata.uid)
    await cluster.request('DELETE', env.resourcePath('externalsecrets', 'retained'))
    await env.externalSecret('after', { other: 'other' })
    await env.untilSecret('after', { other: 'kept' })
    expect((await whole('retained')).metadata).toMatchObject({
      uid: recreated.metadata.uid,
      annotations: { 'alibabacloud.com/owner': `${cluster.namespace}/retained` },
    })
  })

  it('is not recreated if other field managers own keys in it', async () => {
    await env.externalSecret('shared', { other: 'other' })
    await env.untilSecret('shared', { other: 'kept' })
    await cluster.request('PATCH', env.secretPath('shared'), { data: { theirs: btoa('x') } })
    const before = await env.untilSecret('shared', { other: 'kept', theirs: 'x' })
    await env.externalSecret('shared', { other: 'other' }, { type: 'example.com/other' })
    const { message } = await env.untilReason('externalsecrets', 'shared', 'InvalidForType')
    expect(message).toContain('another user or controller set key theirs in it')
    expect((await whole('shared')).metadata.resourceVersion).toBe(before.metadata.resourceVersion)
  })

  it('is not taken over by another resource that waits for the name', async () => {
    await env.externalSecret('mine', { other: 'other' }, { target: { name: 'wanted' } })
    const { metadata } = await env.untilSecret('wanted', { other: 'kept' })
    await env.externalSecret('thief', { value: 'value' }, { target: { name: 'wanted' } })
    await env.untilReason('externalsecrets', 'thief', 'TargetConflict')
    await env.externalSecret('mine', { other: 'other' }, { target: { name: 'wanted' }, type: 'example.com/other' })
    const recreated = await untilRecreated('wanted', metadata.uid)
    expect(textsOf(recreated)).toEqual({ other: 'kept' })
    expect(await env.ready('externalsecrets', 'thief')).toMatchObject({ reason: 'TargetConflict' })
  })

  it.each(['registry', 'immutable', 'restart'])(
    'is written as in examples/types-and-restarts/%s.yaml',
    async (file) => {
      const url = new URL(`../../../../examples/types-and-restarts/${file}.yaml`, import.meta.url)
      const [example] = await readManifests(fileURLToPath(url))
      if (!example) throw new Error(`nothing in ${file}.yaml`)
      await apply(cluster.request, example, cluster.namespace)
      await env.untilReason('externalsecrets', example.metadata.name, 'Synced')
      const { type, immutable } = await whole(example.metadata.name)
      expect([type, immutable]).toEqual([
        file === 'registry' ? 'kubernetes.io/dockerconfigjson' : 'Opaque',
        file === 'immutable' ? true : undefined,
      ])
    },
  )

  it('does not block the deletion of its namespace', async () => {
    const name = `${cluster.namespace}-going`
    await apply(cluster.request, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
    await using other = await TestEnvironment.start({
      controlPlane: { ...cluster, namespace: name },
      seed: { secrets: { value: 'one' } },
    })
    // Without leader election, because the Lease would be deleted with the namespace.
    const operator = await other.leader('--leader-elect=false')
    await other.externalSecret('going', { value: 'value' }, { target: { immutable: true } })
    await other.untilSecret('going', { value: 'one' })
    const gone = cluster.request('DELETE', `/api/v1/namespaces/${name}`)
    await other.simulator.put('value', 'two', 'v2')
    await gone
    const isGone = async (): Promise<boolean> =>
      (await cluster.request('GET', `/api/v1/namespaces/${name}`)).status === 404
    await until('the namespace is gone', isGone, { deadlineMs: 2 * DEADLINE_MS })
    expect(await operator.stop()).toBe(0)
  })
})
