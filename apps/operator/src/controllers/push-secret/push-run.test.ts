import { accessKeyProvider } from '@ack-secret-manager/auth-access-key'
import { SecretSyncError, Sensitive, systemClock } from '@ack-secret-manager/core'
import { GoTemplateRenderer } from '@ack-secret-manager/go-template'
import type { KubeClient } from '@ack-secret-manager/k8s-client'
import { startSimulator } from '@ack-secret-manager/kms-simulator'
import { simulatorControl } from '@ack-secret-manager/test-support/simulator-control'
import { afterAll, beforeEach, expect, it } from 'vitest'
import { CLUSTER_DOMAIN } from '../../shards/ownership.ts'
import { SilentEndpoints } from '../../push/limits/silent-endpoints.ts'
import { pushStatus } from '../../push/push-status.ts'
import { pushTargetOf } from '../../push/push-target-of.ts'
import { MANAGED_BY_LABEL, MANAGED_BY_VALUE, PUSH_FINALIZER } from '@ack-secret-manager/resources'
import { useFixture, useTrusted } from '@ack-secret-manager/test-support/use-fixture'
import { type CachedPushSecret, toCachedPushSecret } from './cached-push-secret.ts'
import { PushRun, type PushRunOptions } from './push-run.ts'

const KEY = { id: 'LTAI5tPush', secret: 'push' }
const REGION = 'kms/cn-hangzhou/access-key x'

type Simulator = Awaited<ReturnType<typeof startSimulator>>

/** A PushSecret `web` whose runs write to the simulator; the API server is a variable. */
class RunFixture {
  readonly #simulator: Simulator
  readonly renderer: GoTemplateRenderer
  readonly events: string[] = []
  readonly results: string[] = []
  /** Data of Secret `source`; undefined if there is none. */
  source: Readonly<Record<string, string>> | undefined = { a: 'A', b: 'B' }
  /** Labels of that Secret. */
  labels: Readonly<Record<string, string>> = {}
  /** Secrets that were written or deleted, and where. */
  readonly changed: string[] = []
  readonly refused = new Set<string>()
  readonly domains = new Map<string, string>()
  /** Regions where stores write, by their names. */
  readonly regions = new Map<string, string>()
  options: Partial<PushRunOptions> = {}
  /** What admission makes of each patch. */
  emptied: { readonly status?: object; readonly finalizers?: readonly string[] } = {}
  /** Why the API server refuses to write the finalizer. */
  refusal: SecretSyncError | undefined
  /** How often a run left its place in the lane. */
  left = 0
  /** Called before a call is repeated. */
  onRepeated = (): void => undefined
  #raw: Parameters<typeof toCachedPushSecret>[0] | undefined
  #version = 0

  constructor(simulator: Simulator, renderer: GoTemplateRenderer) {
    this.#simulator = simulator
    this.renderer = renderer
  }

  spec(data: readonly object[], more: object = {}): void {
    const version = String((this.#version += 1))
    const spec = { secretStoreRef: { name: 'kms' }, selector: { name: 'source' }, data, ...more }
    const metadata = { finalizers: [], ...this.#raw?.metadata, namespace: 'shop', name: 'web', uid: 'uid' }
    this.#raw = {
      ...this.#raw,
      metadata: { ...metadata, generation: this.#version, resourceVersion: version },
      spec,
    }
  }

  /** Fills the record with former secrets. */
  fill(): void {
    const secrets = this.cached.status?.secrets ?? []
    const former = Array.from({ length: 256 - secrets.length }, (_none, at) => ({
      key: `former-${at}`,
      secretStoreRef: { name: 'kms', namespace: 'shop', kind: 'SecretStore' },
      state: 'Pushed',
    }))
    this.#patch({ status: { secrets: [...secrets, ...former] } })
  }

  terminate(): void {
    if (this.#raw === undefined) throw new Error('no spec')
    this.#raw = { ...this.#raw, metadata: { ...this.#raw.metadata, deletionTimestamp: '2026-11-30T00:00:00Z' } }
  }

  get cached(): CachedPushSecret {
    if (this.#raw === undefined) throw new Error('no spec')
    return toCachedPushSecret(this.#raw)
  }

  /** Runs once and writes the status. @returns the message of the Ready condition */
  async run(signal: AbortSignal = new AbortController().signal): Promise<string | undefined> {
    const withoutPlace = <T>(work: () => Promise<T>): Promise<T> => {
      this.left += 1
      return work()
    }
    const end = await new PushRun(this.#options()).reconcile(this.cached, { signal, withoutPlace })
    if (end.kind !== 'finished') return end.kind
    const { generation, status: old } = end.resource
    const change = pushStatus(end.report, { generation, old, nowMs: 0 })
    if (change !== undefined) this.#patch({ status: change.status })
    return this.cached.status?.conditions[0]?.message
  }

  /** Names and states of the record. */
  get record(): readonly string[] {
    return (this.cached.status?.secrets ?? []).map(({ key, state }) => `${key} ${state}`)
  }

  control(method: string, path: string, body?: object): Promise<unknown> {
    return simulatorControl(this.#simulator.control)(method, path, body)
  }

  /** How often KMS was called with an action. */
  async calls(action: string): Promise<number> {
    const { calls } = (await this.control('GET', '/calls?groupBy=action')) as {
      calls: { action: string; count: number }[]
    }
    return calls.find((call) => call.action === action)?.count ?? 0
  }

  #patch(patch: { status?: object; finalizers?: readonly string[] }): CachedPushSecret {
    if (this.#raw === undefined) throw new Error('no spec')
    const { status, finalizers = this.#raw.metadata['finalizers'] } = patch
    const metadata = { ...this.#raw.metadata, finalizers, resourceVersion: String((this.#version += 1)) }
    this.#raw = { ...this.#raw, metadata, status: { ...(this.#raw['status'] as object | undefined), ...status } }
    return this.cached
  }

  #options(): PushRunOptions {
    const get = async (): Promise<unknown> => {
      if (this.source === undefined) throw new SecretSyncError('NotFound', 'Secret shop/source does not exist')
      const encoded = Object.entries(this.source).map(([key, value]) => [key, btoa(value)])
      return { metadata: { labels: this.labels }, data: Object.fromEntries(encoded) as Record<string, string> }
    }
    const provider = accessKeyProvider({ accessKeyId: KEY.id, accessKeySecret: new Sensitive(KEY.secret) })
    return {
      client: { get: get as KubeClient['get'], list: () => Promise.reject(new Error('not expected')) },
      stores: {
        pushTarget: ({ ref }) => {
          if (this.refused.has(ref.name)) throw new SecretSyncError('StoreNotAllowed', `${ref.name} allows nothing`)
          const quota = { account: KEY.id, region: this.regions.get(ref.name) ?? 'cn-hangzhou' }
          return { endpoint: new URL(this.#simulator.kms).host, provider, quota }
        },
      },
      quota: { take: async () => undefined, throttled: () => undefined, repeated: () => this.onRepeated() },
      silent: new SilentEndpoints(systemClock),
      renderer: this.renderer,
      reporter: {
        writeStatus: async (_resource, status) => this.#patch({ status, ...this.emptied }),
        writeFinalizers: async (_resource, finalizers) => {
          if (this.refusal !== undefined) throw this.refusal
          return this.#patch({ finalizers, ...this.emptied })
        },
        recordEvent: (_resource, { reason, message }) => this.events.push(`${reason}: ${message}`),
      },
      loops: { check: async () => () => undefined },
      domainOf: ({ ref }) => this.domains.get(ref?.name ?? '') ?? REGION,
      cluster: 'cluster',
      digestKey: new Sensitive(new Uint8Array(32).fill(1)),
      clock: systemClock,
      mayPush: () => true,
      isTerminating: () => false,
      onResult: (_resource, secret, result) => this.results.push(`${secret} ${result}`),
      onChanged: (secret, { account, region }) => this.changed.push(`${secret} of ${account} in ${region}`),
      ...this.options,
    }
  }
}

const POLICY = { deletionPolicy: 'Delete', recoveryWindowInDays: 7 }
const renderer = new GoTemplateRenderer()
let web: RunFixture
const simulator = useFixture(() =>
  startSimulator({
    seed: {
      accessKeys: [{ ...KEY, allow: [{ actions: ['kms:*'], resources: ['*'] }] }],
      secrets: [{ name: 'taken', versions: [{ id: 'v1', data: 'theirs' }] }],
    },
  }),
)
useTrusted(() => simulator.caPem)
afterAll(() => renderer.close())
beforeEach(async () => {
  web = new RunFixture(simulator, renderer)
  await web.control('DELETE', '/calls')
})

it.each([
  { what: 'finalizer', emptied: { finalizers: [] } },
  { what: 'status', emptied: { status: { secrets: [] } } },
])('pushes nothing that it may not delete later, while admission empties the $what', async ({ what, emptied }) => {
  const guarded = `guarded-by-${what}`
  web.emptied = emptied
  web.spec([{ key: guarded, secretKey: 'a' }], POLICY)
  expect(await web.run()).toContain(`an admission webhook or policy changed the ${what} of the PushSecret`)
  expect(await web.calls('CreateSecret')).toBe(0)
  web.emptied = {}
  await web.run()
  expect(web.record).toEqual([`${guarded} Pushed`])
  web.emptied = emptied
  web.spec([{ key: `kept-without-${what}`, secretKey: 'a' }], { deletionPolicy: 'None' })
  await web.run()
  expect(web.results).toEqual(['undefined WriteFailed', `${guarded} pushed`, `kept-without-${what} pushed`])
})

it('says in the status that the API server refuses the finalizer, and pushes nothing', async () => {
  web.refusal = new SecretSyncError('WriteDenied', 'admission webhook "policy.example.com" denied the request')
  web.spec([{ key: 'denied', secretKey: 'a' }], POLICY)
  expect([await web.run(), await web.calls('CreateSecret')]).toEqual([web.refusal.message, 0])
  web.refusal = undefined
  expect(await web.run()).toBe('1 KMS secret is up to date')
  web.terminate()
  web.refusal = new SecretSyncError('WriteFailed', 'the object is invalid')
  expect(await web.run()).toBe('the object is invalid')
  web.refusal = undefined
  expect([await web.run(), await web.calls('DeleteSecret')]).toEqual(['released', 1])
})

it('reports each changed secret with its account and region, and nothing for a run without a change', async () => {
  web.spec([{ key: 'announced', secretKey: 'a' }], POLICY)
  await web.run()
  await web.run()
  expect(web.changed).toEqual([`announced of ${KEY.id} in cn-hangzhou`])
  web.spec([{ key: 'other', secretKey: 'a' }], POLICY)
  await web.run()
  const named = ['announced', 'other', 'announced'].map((name) => `${name} of ${KEY.id} in cn-hangzhou`)
  expect(web.changed).toEqual(named)
})

it.each<[string, () => void, string[]]>([
  ['an invalid spec', () => web.spec([], { updatePolicy: 'Sometimes' }), ['undefined InvalidSpec']],
  ['an entry with an invalid name', () => web.spec([{ key: 'a b', secretKey: 'a' }]), ['undefined InvalidSpec']],
  [
    'entries with one name',
    () => web.spec(['a', 'b'].map((secretKey) => ({ key: 'twice', secretKey }))),
    ['undefined DuplicateKey'],
  ],
  [
    'a Secret that does not exist',
    () => {
      web.source = undefined
      web.spec(['one', 'two'].map((key) => ({ key, secretKey: 'a' })))
    },
    ['one NotFound', 'two NotFound'],
  ],
  [
    'a loop',
    () => {
      const error = new SecretSyncError('InvalidSpec', 'it is read by the ExternalSecret that writes the Secret')
      web.options = { loops: { check: async () => () => error } }
      web.labels = { [MANAGED_BY_LABEL]: MANAGED_BY_VALUE }
      web.spec([{ key: 'looping', secretKey: 'a' }])
    },
    ['looping InvalidSpec'],
  ],
])('counts %s', async (_what, arrange, expected) => {
  arrange()
  await web.run()
  expect(web.results).toEqual(expected)
})

it('does not delete a secret that is pushed through another store now', async () => {
  web.spec([{ key: 'moved', secretKey: 'a' }], POLICY)
  await web.run()
  for (const secretStoreRef of [{ name: 'renamed' }, { name: 'kms', kind: 'ClusterSecretStore' }]) {
    web.spec([{ key: 'moved', secretKey: 'a' }], { ...POLICY, secretStoreRef })
    expect(await web.run()).toBe('1 KMS secret is up to date')
    expect(web.record).toEqual(['moved Pushed'])
  }
  expect(await web.calls('DeleteSecret')).toBe(0)
})

it('does not delete a secret that is pushed through another store now, while the former store is gone', async () => {
  web.spec([{ key: 'moved-from', secretKey: 'a' }], POLICY)
  await web.run()
  web.domains.set('kms', CLUSTER_DOMAIN)
  web.spec([{ key: 'moved-from', secretKey: 'a' }], { ...POLICY, secretStoreRef: { name: 'renamed' } })
  expect(await web.run()).toBe('1 KMS secret is up to date')
  expect([web.record, await web.calls('DeleteSecret')]).toEqual([['moved-from Pushed'], 0])
})

it.each([CLUSTER_DOMAIN, 'kms/cn-beijing/access-key x'])(
  'does not delete a secret through its former store, if the new one was in %s until the push',
  async (domain) => {
    const key = `moved-to-${domain.replaceAll(' ', '-')}`
    web.spec([{ key, secretKey: 'a' }], POLICY)
    await web.run()
    web.domains.set('new', domain)
    web.spec([{ key, secretKey: 'a' }], { ...POLICY, secretStoreRef: { name: 'new' } })
    expect(await web.run()).toBe(
      `KMS secret ${JSON.stringify(key)} may be the one that store new writes now, so it is not deleted`,
    )
    expect(web.record).toEqual([`${key} Pushed`, `${key} Deleting`])
    web.domains.delete('new')
    expect(await web.run()).toBe('1 KMS secret is up to date')
    expect([web.record, await web.calls('DeleteSecret')]).toEqual([[`${key} Pushed`], 0])
  },
)

it('keeps a secret whose deletion has begun while it may be that of a new store that does not exist yet', async () => {
  const other = { key: 'awaited-other', secretKey: 'a' }
  web.spec([{ key: 'awaited', secretKey: 'a' }, other], POLICY)
  await web.run()
  await web.control('POST', '/faults', { fault: 'deny', match: { action: 'DeleteSecret' } })
  web.spec([other], POLICY)
  await web.run()
  await web.control('DELETE', '/faults')
  await web.control('DELETE', '/calls')
  web.domains.set('new', CLUSTER_DOMAIN)
  web.refused.add('new')
  web.spec([{ key: 'awaited', secretKey: 'a' }, other], { ...POLICY, secretStoreRef: { name: 'new' } })
  await web.run()
  expect(web.record).toContain('awaited Deleting')
  expect(await web.calls('DeleteSecret')).toBe(0)
  web.domains.clear()
  web.refused.clear()
  expect(await web.run()).toBe('2 KMS secrets are up to date')
  expect(web.record).toEqual(['awaited Pushed', 'awaited-other Pushed'])
})

it('deletes no further secret once the PushSecret has changed', async () => {
  web.spec(
    ['one', 'two', 'three'].map((key) => ({ key, secretKey: 'a' })),
    POLICY,
  )
  await web.run()
  web.spec([{ key: 'other', secretKey: 'a' }], POLICY)
  web.options = { mayPush: () => !web.results.some((result) => result.endsWith(' deleted')) }
  await expect(web.run()).rejects.toMatchObject({ code: 'Cancelled' })
  expect(await web.calls('DeleteSecret')).toBe(1)
})

it.each<[action: string, change: () => void]>([
  ['CreateSecret', () => web.spec([{ key: 'repeated-new', secretKey: 'a' }], POLICY)],
  ['PutSecretValue', () => (web.source = { a: 'C' })],
  ['DeleteSecret', () => web.spec([{ key: 'other', secretKey: 'b' }], POLICY)],
])('does not repeat %s once another replica may have taken the PushSecret over', async (action, change) => {
  web.spec([{ key: 'repeated', secretKey: 'a' }], POLICY)
  await web.run()
  change()
  await web.control('DELETE', '/calls')
  await web.control('POST', '/faults', { fault: 'http503', match: { action }, count: 1 })
  let isLeader = true
  web.options = { mayPush: () => isLeader }
  web.onRepeated = () => (isLeader = false)
  await expect(web.run()).rejects.toMatchObject({ code: 'Cancelled' })
  expect(await web.calls(action)).toBe(1)
})

it('deletes a secret of the former region after it is pushed to another one', async () => {
  web.spec([{ key: 'region', secretKey: 'a' }], POLICY)
  await web.run()
  web.domains.set('elsewhere', 'kms/cn-beijing/access-key x')
  web.regions.set('elsewhere', 'cn-beijing')
  web.spec([{ key: 'region', secretKey: 'a' }], { ...POLICY, secretStoreRef: { name: 'elsewhere' } })
  await web.run()
  expect(await web.calls('DeleteSecret')).toBe(1)
})

it('holds no place in the lane of its store while it deletes secrets of a former one', async () => {
  const entriesOf = (...keys: readonly string[]) => keys.map((key) => ({ key, secretKey: 'a' }))
  web.spec(entriesOf('lane-1', 'lane-2', 'lane-3'), POLICY)
  await web.run()
  web.spec(entriesOf('lane-1', 'lane-2'), POLICY)
  await web.run()
  expect([web.left, await web.calls('DeleteSecret')]).toEqual([0, 1])
  web.spec(entriesOf('lane-new'), { ...POLICY, secretStoreRef: { name: 'new' } })
  await web.run()
  expect([web.left, await web.calls('DeleteSecret')]).toEqual([2, 3])
  web.spec(entriesOf('lane-last'), { ...POLICY, secretStoreRef: { name: 'last' } })
  web.terminate()
  expect(await web.run()).toBe('released')
  expect([web.left, await web.calls('DeleteSecret')]).toEqual([3, 4])
})

it('says how to leave the secret of a former store in KMS that is gone, and pushes the others', async () => {
  web.spec([{ key: 'stuck', secretKey: 'a' }], POLICY)
  await web.run()
  web.refused.add('kms')
  const secretStoreRef = { name: 'new' }
  web.spec([{ key: 'follows', secretKey: 'a' }], { ...POLICY, secretStoreRef })
  expect(await web.run()).toBe(
    'kms allows nothing; to leave it in KMS, set deletionPolicy: None until the PushSecret is Ready',
  )
  expect(web.record).toEqual(['follows Pushed', 'stuck Deleting'])
  web.spec([{ key: 'follows', secretKey: 'a' }], { deletionPolicy: 'None', secretStoreRef })
  expect(await web.run()).toBe('1 KMS secret is up to date')
  web.spec([{ key: 'follows', secretKey: 'a' }], { ...POLICY, secretStoreRef })
  expect(await web.run()).toBe('1 KMS secret is up to date')
  expect([web.record, await web.calls('DeleteSecret')]).toEqual([['follows Pushed'], 0])
})

it('reports the secret in the former region of its store once, and deletes nothing in another region', async () => {
  const left = (now: string, former: string): string =>
    `LeftInKMS: KMS secret "moves" is not deleted and stays in KMS: store kms writes to ${now} now, and the secret is in ${former}`
  const leftEvents = (): readonly string[] => web.events.filter((event) => event.startsWith('LeftInKMS'))
  web.spec([{ key: 'moves', secretKey: 'a' }], POLICY)
  await web.run()
  web.domains.set('kms', 'kms/cn-beijing/1234567890123456')
  for (let run = 0; run < 2; run += 1) expect(await web.run()).toBe('1 KMS secret is up to date')
  expect(leftEvents()).toEqual([left('cn-beijing of account 1234567890123456', 'cn-hangzhou')])
  web.domains.delete('kms')
  web.terminate()
  expect(await web.run()).toBe('released')
  expect(leftEvents().slice(1)).toEqual([left('cn-hangzhou', 'cn-beijing of account 1234567890123456')])
  expect(await web.calls('DeleteSecret')).toBe(0)
})

it('reports a secret in the region of a former store that is gone', async () => {
  web.spec([{ key: 'stays-there', secretKey: 'a' }], POLICY)
  await web.run()
  web.domains.set('kms', CLUSTER_DOMAIN)
  web.refused.add('kms')
  web.domains.set('new', 'kms/cn-beijing/access-key x')
  web.regions.set('new', 'cn-beijing')
  web.spec([{ key: 'stays-there', secretKey: 'a' }], { ...POLICY, secretStoreRef: { name: 'new' } })
  expect(await web.run()).toMatch(/^kms allows nothing; to leave it in KMS, /)
  expect(web.record).toEqual(['stays-there Pushed', 'stays-there Deleting'])
  expect(await web.calls('DeleteSecret')).toBe(0)
})

it.each<[why: string, entry: object, more: object, change: () => void]>([
  ['its name is taken', { key: 'taken', secretKey: 'a' }, {}, () => undefined],
  ['its key is missing', { key: 'new-1', secretKey: 'absent' }, {}, () => undefined],
  ['the Secret is missing', { key: 'new-2', secretKey: 'a' }, {}, () => (web.source = undefined)],
  [
    'the store does not allow it',
    { key: 'new-3', secretKey: 'a' },
    { secretStoreRef: { name: 'other' } },
    () => web.refused.add('other'),
  ],
  ['a name does not render', { key: '{{ .nmae }}', secretKey: 'a' }, {}, () => undefined],
])('keeps the former secret while the new one cannot be pushed: %s', async (why, entry, more, change) => {
  const former = `former-${why.replaceAll(' ', '-')}`
  web.spec([{ key: former, secretKey: 'a' }], POLICY)
  await web.run()
  change()
  web.spec([entry], { ...POLICY, ...more })
  await web.run()
  await web.run()
  expect(web.record).toContain(`${former} Pushed`)
  expect(web.cached.status?.secrets.at(-1)?.reason).toMatch(/^not deleted, because not every KMS secret of the spec/)
  expect(await web.calls('DeleteSecret')).toBe(0)
  web.source = { a: 'A' }
  web.refused.clear()
  web.spec([{ key: `${former}-new`, secretKey: 'a' }], POLICY)
  await web.run()
  expect([web.record, await web.calls('DeleteSecret')]).toEqual([[`${former}-new Pushed`], 1])
})

it.each<[what: string, data: (name: string) => readonly object[]]>([
  [
    'behind a template that fails',
    (name) => [
      { key: '{{ .nmae }}', secretKey: 'b' },
      { key: `${name}{{ "" }}`, secretKey: 'a' },
    ],
  ],
  ['twice', (name) => ['a', 'b'].map((secretKey) => ({ key: name, secretKey }))],
])('does not delete a secret that is back in the spec %s, although its deletion has begun', async (what, data) => {
  const name = `back-${what.replaceAll(' ', '-')}`
  const other = { key: `${name}-other`, secretKey: 'a' }
  web.spec([{ key: name, secretKey: 'a' }, other], POLICY)
  await web.run()
  await web.control('POST', '/faults', { fault: 'deny', match: { action: 'DeleteSecret' } })
  web.spec([other], POLICY)
  await web.run()
  expect(web.record).toEqual([`${other.key} Pushed`, `${name} Deleting`])
  await web.control('DELETE', '/faults')
  await web.control('DELETE', '/calls')
  web.spec([...data(name), other], POLICY)
  await web.run()
  expect(web.record).toContain(`${name} Deleting`)
  expect(await web.calls('DeleteSecret')).toBe(0)
  web.spec([other, { key: name, secretKey: 'a' }], POLICY)
  expect(await web.run()).toBe('2 KMS secrets are up to date')
  expect([web.record, await web.calls('DeleteSecret')]).toEqual([[`${other.key} Pushed`, `${name} Pushed`], 0])
})

it('pushes literal names behind a template that fails, and deletes nothing until it renders', async () => {
  const entriesOf = (template: string, ...keys: readonly string[]) =>
    [template, ...keys].map((key) => ({ key, secretKey: 'a' }))
  web.spec(entriesOf('{{ .name }}-rendered', 'literal', 'literal-former'), POLICY)
  await web.run()
  web.source = { a: 'A2' }
  web.spec(entriesOf('{{ .nmae }}-rendered', 'literal', 'literal-new'), POLICY)
  expect(await web.run()).toMatch(/^spec\.data\[0\]\.key, line 1/)
  expect(web.results.slice(3)).toEqual(['literal pushed', 'literal-new pushed', 'undefined TemplateError'])
  const wanted = ['literal Pushed', 'literal-new Pushed', 'web-rendered Pushed']
  expect([web.record, await web.calls('DeleteSecret')]).toEqual([[...wanted, 'literal-former Pushed'], 0])
  web.spec(entriesOf('{{ .name }}-rendered', 'literal', 'literal-new'), POLICY)
  expect(await web.run()).toBe('3 KMS secrets are up to date')
  expect([web.record.toSorted(), await web.calls('DeleteSecret')]).toEqual([wanted, 1])
})

it('deletes no former secret for a new one that a full record has no room for, until the spec leaves it out', async () => {
  const [renamed, kept, former] = ['full-renamed', 'full-kept', 'full-former'].map((key) => ({ key, secretKey: 'a' }))
  if (renamed === undefined || kept === undefined || former === undefined) throw new Error('no entries')
  web.spec([kept, former], POLICY)
  await web.run()
  web.fill()
  web.spec([renamed, kept], POLICY)
  expect(await web.run()).toMatch(/new KMS secrets \(1\) are not pushed.* push the new ones with another PushSecret/)
  expect(web.record).toEqual(expect.arrayContaining(['full-kept Pushed', 'full-former Pushed']))
  expect([web.record.length, await web.calls('DeleteSecret')]).toEqual([256, 0])
  web.spec([kept], POLICY)
  expect(await web.run()).toBe('1 KMS secret is up to date')
  expect([web.record, await web.calls('DeleteSecret')]).toEqual([['full-kept Pushed'], 1])
})

it('reports that a secret of another owner stays in KMS', async () => {
  web.spec([{ key: 'given-away', secretKey: 'a' }], POLICY)
  await web.run()
  web.options = { cluster: 'copied' }
  web.spec([{ key: 'left', secretKey: 'a' }], POLICY)
  expect(await web.run()).toBe('1 KMS secret is up to date')
  const owner = `its tag acksm:owner differs in the cluster only: another cluster owns it, or this one has lost its former digest key`
  const why = `${owner}, and this one is "copied/shop/web"`
  expect(web.events).toContain(`LeftInKMS: KMS secret "given-away" is not deleted and stays in KMS: ${why}`)
  expect(web.results).toContain('given-away left')
  expect(await web.calls('DeleteSecret')).toBe(0)
})

it('reports the secrets that a terminating PushSecret with an invalid spec leaves in KMS', async () => {
  web.spec([{ key: 'stays', secretKey: 'a' }], POLICY)
  await web.run()
  web.spec([{ key: 'not a name', secretKey: 'a' }], POLICY)
  web.terminate()
  expect(await web.run()).toBe('released')
  expect(web.events.at(-1)).toMatch(
    /^LeftInKMS: KMS secret "stays" is not deleted and stays in KMS: the spec is invalid/,
  )
  expect([web.results.at(-1), await web.calls('DeleteSecret')]).toEqual(['stays left', 0])
})

it.each(['does not exist', 'was just created and is not validated yet'])(
  'keeps a terminating PushSecret while its store is cached, and for the registry %s',
  async (why) => {
    const name = `restarted-${why.replaceAll(' ', '-')}`
    web.spec([{ key: name, secretKey: 'a' }], POLICY)
    await web.run()
    web.terminate()
    const registry = {
      pushTarget: () => {
        throw new SecretSyncError('StoreNotFound', `SecretStore shop/kms ${why}`)
      },
    }
    const asked: string[] = []
    const storeOf = (key: string): object => {
      asked.push(key)
      return {}
    }
    web.options = { stores: { pushTarget: pushTargetOf({ registry, storeOf }) } }
    expect(await web.run()).toBe(
      'SecretStore shop/kms is not validated yet; the PushSecret stays until then, or until deletionPolicy is None',
    )
    expect([web.record, asked, web.cached.finalizers]).toEqual([[`${name} Deleting`], ['shop/kms'], [PUSH_FINALIZER]])
    expect(web.events.filter((event) => event.startsWith('LeftInKMS'))).toEqual([])
    web.options = {}
    expect(await web.run()).toBe('released')
    expect([web.results.at(-1), await web.calls('DeleteSecret')]).toEqual([`${name} deleted`, 1])
  },
)

it('releases a terminating PushSecret whose store is gone', async () => {
  web.spec([{ key: 'gone-with-store', secretKey: 'a' }], POLICY)
  await web.run()
  web.terminate()
  const registry = {
    pushTarget: () => {
      throw new SecretSyncError('StoreNotFound', 'SecretStore shop/kms does not exist')
    },
  }
  web.options = { stores: { pushTarget: pushTargetOf({ registry, storeOf: () => undefined }) } }
  expect(await web.run()).toBe('released')
  expect(web.events.at(-1)).toMatch(/^LeftInKMS: KMS secret "gone-with-store" is not deleted .* does not exist$/)
})

it('ends at once when it is handed over, also while KMS does not respond', async () => {
  web.spec([{ key: 'handed-over', secretKey: 'a' }], POLICY)
  await web.control('POST', '/faults', { fault: 'hang', match: { action: 'DescribeSecret' } })
  const leave = new AbortController()
  const running = web.run(leave.signal)
  while ((await web.calls('DescribeSecret')) === 0) await new Promise(setImmediate)
  const startMs = performance.now()
  leave.abort(new SecretSyncError('Cancelled', 'another replica'))
  await expect(running).rejects.toMatchObject({ code: 'Cancelled' })
  expect(performance.now() - startMs).toBeLessThan(15_000)
  await web.control('DELETE', '/faults')
  expect(web.record).toEqual(['handed-over Pending'])
})

it('reports nothing of a run that is handed over while it renders names', async () => {
  web.spec([{ key: '{{ .name }}-rendering', secretKey: 'a' }], POLICY)
  const leave = new AbortController()
  const render = (): Promise<never> => {
    leave.abort(new SecretSyncError('Cancelled', 'another replica'))
    return Promise.reject(leave.signal.reason as Error)
  }
  web.options = { renderer: { render } }
  await expect(web.run(leave.signal)).rejects.toMatchObject({ code: 'Cancelled' })
  expect(web.results).toEqual([])
})
