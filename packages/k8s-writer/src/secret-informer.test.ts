import { type Clock, contentDigester, type TargetRef } from '@ack-secret-manager/core'
import { ManualClock } from '@ack-secret-manager/core/testing'
import type { KubeClient, KubeObject, ResourceVersionRollback } from '@ack-secret-manager/k8s-client'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { cacheEntryOf, type SecretCacheEntry } from './cache/secret-cache-entry.ts'
import { isStub } from './cache/secret-stub.ts'
import { SecretInformer } from './secret-informer.ts'
import { objectOf, recordOf } from './testing/secrets.ts'

const LARGE = recordOf(Array.from({ length: 100 }, (_, at) => `KEY_NUMBER_${at}`))

/** An API server with these Secrets, and a watch that delivers what a test sends. */
class WatchedSecrets {
  readonly items: KubeObject[] = []
  readonly #events = new TransformStream<Uint8Array, Uint8Array>()
  readonly #writer = this.#events.writable.getWriter()

  readonly client = {
    list: () => Promise.resolve({ metadata: { resourceVersion: '100' }, items: this.items }),
    stream: () => Promise.resolve(this.#events.readable),
  } as unknown as KubeClient

  send(object: KubeObject, type: 'DELETED' | 'MODIFIED' = 'MODIFIED'): void {
    void this.#writer.write(Buffer.from(`${JSON.stringify({ type, object })}\n`))
  }

  close(): void {
    void this.#writer.close()
  }
}

const secretOf = (namespace: string, name: string, resourceVersion: string, record = LARGE): KubeObject =>
  objectOf('db', record, { uid: `u-${name}`, resourceVersion }, { namespace, name })

describe('SecretInformer', () => {
  let stopping: AbortController
  const manual = new ManualClock()
  /** Each look at the clock takes 125 ms, so decoding takes some time. */
  let blockedMs = 0
  const clock: Clock = {
    now: () => manual.now(),
    monotonic: () => manual.monotonic() + (blockedMs += 125),
    setTimeout: (callback, delayMs) => manual.setTimeout(callback, delayMs),
  }
  let server: WatchedSecrets
  let informer: SecretInformer
  let exceeded: string[]
  /** Names of Secrets that were read. */
  let reads: string[]
  let unreadable: string | undefined
  const getWhole = ({ name }: TargetRef): Promise<KubeObject | undefined> => {
    reads.push(name)
    if (name === unreadable) return Promise.reject(new Error('cannot be read'))
    return Promise.resolve(server.items.find(({ metadata }) => metadata.name === name))
  }
  const get = async (target: TargetRef): Promise<SecretCacheEntry | undefined> => {
    const object = await getWhole(target)
    return object && cacheEntryOf(object)
  }
  let rollbacks: ResourceVersionRollback[]
  const open = (totalBytes: number): void => {
    informer = new SecretInformer({
      api: { get, getWhole } as never,
      digester: contentDigester(),
      clock,
      timeoutMs: 1_000,
      onResourceVersionRollback: (rollback) => void rollbacks.push(rollback),
      watch: {
        client: server.client,
        onFault: () => undefined,
        budget: { totalBytes, onExceeded: (namespace) => void exceeded.push(namespace) },
      },
    })
  }
  beforeEach(() => {
    reads = []
    rollbacks = []
    unreadable = undefined
    stopping = new AbortController()
    exceeded = []
    server = new WatchedSecrets()
    open(64 * 1024 * 1024)
  })
  afterEach(async () => {
    stopping.abort()
    server.close()
    await informer.close()
  })

  it('decodes large metadata of a namespace for a tenth of the time, and that of others at once', async () => {
    for (let at = 0; at < 200; at += 1) server.items.push(secretOf('evil', `evil-${at}`, '1'))
    server.items.push(secretOf('evil', 'small', '1', recordOf(['a'])), secretOf('good', 'good', '1'))
    void informer.run(stopping)
    await informer.synced
    expect(informer.uncached).toBeGreaterThan(80)
    expect(informer.uncached).toBeLessThan(190)
    const cached = [...informer.cache.owned()].map(({ target }) => target.name)
    expect(cached).toEqual(expect.arrayContaining(['evil-0', 'small', 'good']))
    expect(cached).not.toContain('evil-199')
    blockedMs += 60_000
    server.send(secretOf('evil', 'evil-199', '101'))
    await vi.waitFor(() => expect(informer.cache.get({ namespace: 'evil', name: 'evil-199' })).toBeDefined(), 60_000)
  })

  it('caches Secrets again when their namespace has time for them', async () => {
    for (let at = 0; at < 100; at += 1) server.items.push(secretOf('busy', `busy-${at}`, '1'))
    void informer.run(stopping)
    await informer.synced
    const before = informer.uncached
    expect(before).toBeGreaterThan(0)
    blockedMs += 600_000
    await manual.advance(10_000)
    await vi.waitFor(() => expect(informer.uncached).toBeLessThan(before), 60_000)
  })

  it.each([
    ['after the deletion of others', undefined, 'b', ['b']],
    ['although one of them cannot be read', 'b', 'c', ['b', 'c']],
  ])(
    'caches and compares Secrets again as far as the budget has room: %s',
    async (_when, failing, cached, expected) => {
      open(4_000_000)
      unreadable = failing
      const huge = recordOf(Array.from({ length: 4_000 }, (_, at) => `KEY_NUMBER_${at}`))
      for (const name of ['a', 'b', 'c', 'd']) server.items.push(secretOf('one', name, '1', huge))
      void informer.run(stopping)
      await informer.synced
      const stubs = (): string[] =>
        [...informer.cache.values()].flatMap((each) => (isStub(each) ? [each.observed.target.name] : []))
      expect(stubs()).toEqual(['b', 'c', 'd'])
      server.send(secretOf('one', 'a', '101', huge), 'DELETED')
      await vi.waitFor(() => expect(informer.cache.cached({ namespace: 'one', name: 'a' })).toBeUndefined(), 60_000)
      expect(reads).toEqual([])
      blockedMs += 60_000
      await manual.advance(10_000)
      await vi.waitFor(() => expect(stubs()).toEqual(['b', 'c', 'd'].filter((name) => name !== cached)), 60_000)
      expect(reads).toEqual(expected)
      expect(informer.cache.get({ namespace: 'one', name: cached })?.observed.drifted).toHaveLength(4_000)
    },
  )

  it('decodes only the last large metadata of a write, after it', async () => {
    const target = { namespace: 'team-a', name: 'written' }
    const cached = (name: string) => informer.cache.cached({ ...target, name })
    server.items.push(secretOf('team-a', 'written', '1'))
    void informer.run(stopping)
    await informer.synced
    await informer.whileWriting([target], async () => {
      for (const version of ['101', '102']) server.send(secretOf('team-a', 'written', version))
      server.send(secretOf('team-a', 'after', '103'))
      await vi.waitFor(() => expect(cached('after')).toBeDefined(), 60_000)
      expect(cached('written')?.observed.resourceVersion).toBe('1')
    })
    expect(informer.cache.get(target)?.observed.resourceVersion).toBe('102')
    expect(informer.cache.get(target)?.recorded.get('db')?.keys.size).toBe(100)
    expect(informer.cache.get({ ...target, name: 'after' })).toBeDefined()
    expect([exceeded, informer.uncached]).toEqual([[], 0])
  })

  it.each([
    ['its metadata', (target: TargetRef) => informer.observe(target, { signal: stopping.signal, fresh: true })],
    ['its content', (target: TargetRef) => informer.inspect(target, stopping.signal)],
  ])('reports a Secret that is older than before, and uses what it reads: %s', async (_what, read) => {
    const target = { namespace: 'team-a', name: 'restored' }
    server.items.push(secretOf('team-a', 'restored', '90'))
    void informer.run(stopping)
    await informer.synced
    expect((await read(target))?.resourceVersion).toBe('90')
    expect(rollbacks).toEqual([])
    server.items.splice(0, 1, secretOf('team-a', 'restored', '80'))
    expect((await read(target))?.resourceVersion).toBe('80')
    const path = '/api/v1/namespaces/team-a/secrets/restored'
    expect(rollbacks).toEqual([{ path, reached: '90', listed: '80' }])
    server.items.splice(0, 1, objectOf('db', LARGE, { uid: 'another', resourceVersion: '70' }, target))
    expect(await read(target)).toBeDefined()
    expect(rollbacks).toHaveLength(1)
  })

  it('decodes no metadata that is older than the response to the write', async () => {
    const target = { namespace: 'team-a', name: 'written' }
    server.items.push(secretOf('team-a', 'written', '1'))
    void informer.run(stopping)
    await informer.synced
    const response = cacheEntryOf(secretOf('team-a', 'written', '102'))
    const usedMs = await informer.whileWriting([target], async () => {
      server.send(secretOf('team-a', 'written', '101'))
      server.send(secretOf('team-a', 'after', '103'))
      await vi.waitFor(() => expect(informer.cache.cached({ ...target, name: 'after' })).toBeDefined(), 60_000)
      informer.recordWrite(response)
      return blockedMs
    })
    expect(informer.cache.get(target)).toBe(response)
    expect([exceeded, informer.uncached, blockedMs - usedMs]).toEqual([[], 0, 0])
  })
})
