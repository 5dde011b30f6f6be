import { ManualClock } from '@ack-secret-manager/core/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { KubeClient } from '../client/kube-client.ts'
import { ContentWatch } from './content-watch.ts'

const READ_MS = 1_000

describe('ContentWatch', () => {
  let clock: ManualClock
  /** Objects that were read, as `namespace/name`, and how long a read takes. */
  let reads: string[]
  let readMs: number
  /** Reports a change of an object to its watch. */
  let change: Map<string, () => void>
  let watch: ContentWatch

  beforeEach(() => {
    clock = new ManualClock()
    reads = []
    readMs = 0
    change = new Map()
    const metadata = (namespace: string, name: string) => ({ namespace, name, uid: name, resourceVersion: '1' })
    const keyOf = (path: string, name: string): [string, string] => [path.split('/')[4] ?? '', name]
    const client = {
      get: async (path: string) => {
        const [namespace, name] = keyOf(path, path.split('/').at(-1) ?? '')
        reads.push(`${namespace}/${name}`)
        if (readMs > 0) await new Promise<void>((resolve) => clock.setTimeout(resolve, readMs))
        return { metadata: metadata(namespace, name), data: {} }
      },
      list: () => Promise.resolve({ metadata: { resourceVersion: '1' }, items: [] }),
      stream: async function ({ path, query, signal }: { path: string; query: object; signal: AbortSignal }) {
        const selector = 'fieldSelector' in query ? String(query.fieldSelector) : ''
        const [namespace, name] = keyOf(path, selector.replace('metadata.name=', ''))
        return events(signal, namespace, name)
      },
    }
    async function* events(signal: AbortSignal, namespace: string, name: string) {
      for (let version = 2; !signal.aborted; version += 1) {
        await new Promise<void>((resolve) => {
          change.set(`${namespace}/${name}`, resolve)
          signal.addEventListener('abort', () => resolve())
        })
        const object = { metadata: { ...metadata(namespace, name), resourceVersion: String(version) } }
        yield Buffer.from(`${JSON.stringify({ type: version === 2 ? 'ADDED' : 'MODIFIED', object })}\n`)
      }
    }
    watch = new ContentWatch({ client: client as unknown as KubeClient, clock, onChange: () => undefined })
  })
  afterEach(async () => {
    const closed = watch.close()
    await clock.advance(10 * READ_MS)
    await closed
  })

  async function follow(namespace: string, ...names: string[]): Promise<void> {
    const objects = names.map((name) => ({ kind: 'ConfigMap' as const, namespace, name }))
    await watch.read(`${namespace}/owner`, objects, { signal: new AbortController().signal })
    await clock.advance(0)
    reads.splice(0)
  }

  it('watches nothing for an owner that is forgotten during its read', async () => {
    readMs = READ_MS
    const following = follow('shop', 'c')
    await clock.advance(0)
    watch.forget('shop/owner')
    await clock.advance(READ_MS)
    await following
    expect([...change.keys()]).toEqual([])
  })

  it('lets namespaces take turns, regardless of how many objects of one have changed', async () => {
    await follow('noisy', ...Array.from({ length: 60 }, (_, index) => `c${index}`))
    await follow('quiet', 'c')
    readMs = READ_MS
    for (const [key, tell] of change) if (key.startsWith('noisy/')) tell()
    await clock.advance(0)
    change.get('quiet/c')?.()
    await clock.advance(READ_MS)
    expect(reads).toHaveLength(16)
    expect(reads).toContain('quiet/c')
  })

  it('compares an object at most once a second, and after its last change', async () => {
    await follow('shop', 'c')
    for (let passedMs = 0; passedMs < 5_000; passedMs += 100) {
      change.get('shop/c')?.()
      await clock.advance(100)
    }
    expect(reads.length).toBeGreaterThanOrEqual(5)
    expect(reads.length).toBeLessThanOrEqual(6)
    await clock.advance(2_000)
    const after = reads.length
    await clock.advance(10_000)
    expect(reads).toHaveLength(after)
  })
})
