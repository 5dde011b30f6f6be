import type { ServerResponse } from 'node:http'
import { ManualClock } from '@ack-secret-manager/core/testing'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { KubeClient } from '../client/kube-client.ts'
import { ObjectWatch, type ObjectWatchOptions } from './object-watch.ts'
import type { ReflectorFault } from './reflector.ts'
import { json, type RawServer, rawServer } from '../testing/raw-server.ts'

// Twice this time is still shorter than the idle timeout of a watch.
const RECHECK_MS = 30_000
const WAIT = { timeout: 60_000, interval: 5 }
const inProd = (...names: string[]) => names.map((name) => ({ namespace: 'prod', name }))
const inDev = (...names: string[]) => names.map((name) => ({ namespace: 'dev', name }))

describe('ObjectWatch', () => {
  const clock = new ManualClock()
  /** Open watches, by `namespace/name`. */
  const open = new Map<string, ServerResponse>()
  /** Watch responses that were sent, and that have arrived; a watch is open only after both. */
  let [answered, arrived] = [0, 0]
  let refused: ReadonlySet<string>
  let reported: string[]
  let faults: ReflectorFault[]
  let server: RawServer
  let client: KubeClient
  let watch: ObjectWatch

  beforeEach(async () => {
    open.clear()
    answered = arrived = 0
    refused = new Set()
    reported = []
    faults = []
    server = await rawServer((request, response) => {
      const [, namespace] = /^\/api\/v1\/namespaces\/(\w+)\/secrets$/.exec(request.path) ?? []
      const key = `${namespace}/${request.query.get('fieldSelector')?.replace(/^metadata\.name=/, '')}`
      if (refused.has(key)) return json(response, {}, 403)
      if (!request.query.has('watch')) return json(response, { metadata: { resourceVersion: '1' }, items: [] })
      response.writeHead(200).flushHeaders()
      response.on('close', () => open.delete(key))
      answered += 1
      open.set(key, response)
    })
    client = new KubeClient({
      credentials: server.credentials,
      onRequest: ({ verb, code }) => {
        if (verb === 'watch' && code === 200) arrived += 1
      },
    })
    watch = watchWith({})
  })
  afterEach(async () => {
    await watch.close()
    await client.close()
    await server[Symbol.asyncDispose]()
  })

  function watchWith(options: Partial<ObjectWatchOptions>): ObjectWatch {
    return new ObjectWatch({
      client,
      path: '/api/v1/secrets',
      onChange: (owners, { namespace, name }, { isSeen }) => {
        reported.push(`${owners.join()}: ${namespace}/${name}${isSeen ? '' : ' unseen'}`)
      },
      onFault: (fault) => faults.push(fault),
      recheckMs: RECHECK_MS,
      clock,
      ...options,
    })
  }

  const watched = (...keys: string[]): Promise<void> =>
    vi.waitFor(() => expect([[...open.keys()].toSorted(), arrived]).toEqual([keys.toSorted(), answered]), WAIT)
  const say = (key: string, type: string, resourceVersion: string): void => {
    const [namespace, name] = key.split('/')
    const object = { metadata: { namespace, name, uid: 'u', resourceVersion } }
    open.get(key)?.write(`${JSON.stringify({ type, object })}\n`)
  }

  it('notifies all owners of an object of each change', async () => {
    watch.refer('store a', inProd('key'))
    watch.refer('store b', inProd('key', 'other'))
    await watched('prod/key', 'prod/other')
    for (const [index, type] of ['ADDED', 'MODIFIED', 'DELETED'].entries()) {
      say('prod/key', type, String(index + 2))
      await vi.waitFor(() => expect(reported).toEqual(Array(index + 1).fill('store a,store b: prod/key')), WAIT)
    }
  })

  it('requests only metadata', async () => {
    watch.refer('store', inProd('key'))
    await watched('prod/key')
    for (const { headers } of server.seen) expect(headers.accept).toContain('PartialObjectMetadata')
  })

  it('watches as long as an owner refers to the object', async () => {
    watch.refer('store a', inProd('key'))
    watch.refer('store b', inProd('key'))
    await watched('prod/key')
    watch.refer('store a', inProd('next'))
    await watched('prod/key', 'prod/next')
    watch.refer('store b', [])
    await watched('prod/next')
    expect(server.seen.filter(({ query }) => query.has('watch'))).toHaveLength(2)
  })

  it('rechecks exactly the objects without a watch', async () => {
    watch = watchWith({ maxWatches: 2 })
    watch.refer('store', inProd('a', 'b', 'c'))
    await watched('prod/a', 'prod/b')
    await clock.advance(RECHECK_MS)
    await clock.advance(RECHECK_MS)
    expect(reported).toEqual(['store: prod/c unseen', 'store: prod/c unseen'])
  })

  it('rechecks an object whose watch is rejected', async () => {
    refused = new Set(['prod/closed'])
    watch.refer('store', inProd('closed', 'open'))
    await watched('prod/open')
    await vi.waitFor(() => expect(faults).not.toHaveLength(0), WAIT)
    await clock.advance(RECHECK_MS)
    expect(reported).toEqual(['store: prod/closed unseen'])
  })

  it('spreads rechecks over the interval', async () => {
    watch = watchWith({ maxWatches: 1 })
    const names = Array.from({ length: 121 }, (_, index) => `n${index}`)
    watch.refer('store', inProd(...names))
    await watched('prod/n0')
    await clock.advance(RECHECK_MS)
    const mostAtOnce: number[] = []
    while (clock.monotonic() < 10 * RECHECK_MS) {
      reported = []
      await clock.advance(RECHECK_MS / 12)
      mostAtOnce.push(reported.length)
    }
    expect(Math.max(...mostAtOnce)).toBeLessThanOrEqual(11)
    const turns = mostAtOnce.length / 12
    expect(mostAtOnce.reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(120 * (turns - 1))
  })

  it('shares watches among namespaces', async () => {
    watch = watchWith({ maxWatches: 4 })
    watch.refer('greedy', inProd('a', 'b', 'c', 'd', 'e'))
    await watched('prod/a', 'prod/b', 'prod/c', 'prod/d')
    watch.refer('modest', inDev('x', 'y'))
    await watched('prod/a', 'prod/b', 'dev/x', 'dev/y')
    watch.refer('modest', [])
    await watched('prod/a', 'prod/b', 'prod/e', 'prod/d')
  })

  it('starts no watch after close', async () => {
    watch.refer('store', inProd('a'))
    await watched('prod/a')
    await watch.close()
    await watched()
    watch.refer('store', inProd('b'))
    await clock.advance(RECHECK_MS)
    expect(reported).toEqual([])
    expect(server.seen.filter(({ query }) => query.get('fieldSelector') === 'metadata.name=b')).toEqual([])
  })
})
