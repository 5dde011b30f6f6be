import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import type { ObservedSecret, TargetRef } from '@ack-secret-manager/core'
import { KubeClient } from '@ack-secret-manager/k8s-client'
import { clusterCredentials } from '@ack-secret-manager/test-support/cluster-credentials'
import { createOf, patchOf, recordFor, there } from '@ack-secret-manager/testkit'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { WriterBench } from './testing/writer-bench.ts'

const { signal } = new AbortController()
const GONE = '{"type":"ERROR","object":{"kind":"Status","status":"Failure","reason":"Expired","code":410}}\n'
const WAIT = { timeout: 40_000, interval: 20 }

interface Held {
  /** The API server has responded; for `list`, the request is about to be sent. */
  readonly reached: Promise<void>
  letGo(): void
}

/** A real client with delayed responses, whose watch can lose its history. */
class SlowClient {
  readonly client: KubeClient
  readonly calls: string[] = []
  readonly #held = new Map<string, { reached: () => void; free: Promise<void> }>()
  #cut: (() => void) | undefined

  constructor(real: KubeClient) {
    this.client = new Proxy(real, {
      get: (target, name: Exclude<keyof KubeClient, symbol>) => {
        const member: unknown = target[name]
        if (typeof member !== 'function') return member
        return (...args: readonly unknown[]) => this.#call(name, () => member.apply(target, args) as unknown)
      },
    })
  }

  count(name: string): number {
    return this.calls.filter((call) => call === name).length
  }

  /** Delays the response of the next call of this name; a list is delayed before it is sent. */
  hold(name: 'get' | 'create' | 'list'): Held {
    const reached = Promise.withResolvers<void>()
    const free = Promise.withResolvers<void>()
    this.#held.set(name, { reached: reached.resolve, free: free.promise })
    return { reached: reached.promise, letGo: free.resolve }
  }

  /** Ends the watch with a 410, so that a list follows. */
  async forgetHistory(): Promise<void> {
    const cut = await vi.waitFor(() => there(this.#cut), WAIT)
    cut()
  }

  async #call(name: string, call: () => unknown): Promise<unknown> {
    this.calls.push(name)
    const held = this.#held.get(name)
    this.#held.delete(name)
    if (name === 'list' && held) await waitIn(held)
    const response = await call()
    if (name === 'stream') return this.#cuttable(response as AsyncIterable<Uint8Array>)
    if (name !== 'list' && held) await waitIn(held)
    return response
  }

  async *#cuttable(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
    const cut = new Promise<undefined>((resolve) => (this.#cut = () => resolve(undefined)))
    const iterator = chunks[Symbol.asyncIterator]()
    for (;;) {
      const next = await Promise.race([iterator.next(), cut])
      if (next === undefined) yield Buffer.from(GONE)
      else if (next.done === true) return
      else yield next.value
    }
  }
}

async function waitIn({ reached, free }: { reached: () => void; free: Promise<void> }): Promise<void> {
  reached()
  await free
}

describeCluster('a response that the watch has overtaken', () => {
  const cluster = useCluster()
  let bench: WriterBench
  let slow: SlowClient
  beforeEach(async () => {
    slow = new SlowClient(new KubeClient({ credentials: await clusterCredentials(cluster) }))
    bench = await WriterBench.open(cluster, { client: slow.client })
  })
  afterEach(async () => {
    await bench[Symbol.asyncDispose]()
    await slow.client.close()
  })

  const ref = (name: string): TargetRef => ({ namespace: cluster.namespace, name })
  const create = async (target: TargetRef): Promise<ObservedSecret> =>
    there(await bench.writer.apply(createOf(bench, target, await bench.owner(target.name), { a: '1' }), { signal }))
  const isGone = async (target: TargetRef): Promise<void> => {
    expect(await bench.writer.observe(target, { signal })).toBeUndefined()
    expect(bench.writer.ownedBy(cluster.namespace, target.name)).toEqual([])
  }

  it.each(['observe', 'inspect'] as const)('is read again by %s, and not cached', async (how) => {
    const target = ref(`late-${how}`)
    await create(target)
    const response = slow.hold('get')
    const asked = slow.count('get')
    const looking = bench.writer[how](target, { signal, fresh: true })
    await response.reached
    await bench.delete(target)
    expect(await bench.change(target)).toMatchObject({ kind: 'deleted', ownerNames: [target.name] })
    response.letGo()
    expect(await looking).toBeUndefined()
    expect(slow.count('get')).toBe(asked + 2)
    await isGone(target)
  })

  it('is reported as deleted if the Secret was created and deleted between two lists', async () => {
    const target = ref('between-lists')
    const list = slow.hold('list')
    await slow.forgetHistory()
    await list.reached
    await create(target)
    expect(await bench.writer.observe(target, { signal })).toMatchObject({ target })
    await bench.delete(target)
    expect(bench.changes).toEqual([])
    list.letGo()
    expect(await bench.change(target)).toMatchObject({ kind: 'deleted', ownerNames: [target.name] })
    await isGone(target)
  })

  it('is reported as deleted if the response arrived after a list without the Secret', async () => {
    const target = ref('late-create')
    const list = slow.hold('list')
    await slow.forgetHistory()
    await list.reached
    const response = slow.hold('create')
    const creating = create(target)
    await response.reached
    await bench.delete(target)
    list.letGo()
    await bench.untilWatched()
    expect(bench.changes).toEqual([])
    response.letGo()
    await creating
    expect(await bench.change(target)).toMatchObject({ kind: 'deleted', ownerNames: [target.name] })
    await isGone(target)
  })

  it('is reported as rewritten if another replica has written new content', async () => {
    const target = ref('two-processes')
    const observed = await create(target)
    await using other = await WriterBench.open(cluster, { digester: bench.digester })
    const record = recordFor(bench.digester, target, { a: '2' })
    const owner = await bench.owner(target.name)
    await other.writer.apply(patchOf(observed, owner, record, { set: { a: '2' } }), { signal })
    expect(await bench.change(target)).toMatchObject({ kind: 'rewritten', ownerNames: [target.name] })
    await vi.waitFor(async () => {
      const seen = there(await bench.writer.observe(target, { signal }))
      expect(seen.records.get(target.name)?.keys).toEqual(record.keys)
    }, WAIT)
    expect(other.changes).toEqual([])
  })
})
