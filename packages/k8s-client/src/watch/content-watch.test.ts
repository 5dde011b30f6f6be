import { ManualClock } from '@ack-secret-manager/core/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { KubeClient } from '../client/kube-client.ts'
import type { KubeCallOptions } from '../client/kube-request.ts'
import { ResponseTooLargeError } from '../client/response-too-large-error.ts'
import { ContentWatch } from './content-watch.ts'

const READ_MS = 1_000
const MIB = 1_048_576

describe('ContentWatch', () => {
  let clock: ManualClock
  /** Objects that were read, as `namespace/name`, and how long a read takes. */
  let reads: string[]
  let readMs: number
  let reading: { now: number; most: number }
  /** Content of an object by its name, and the size of its response. */
  let data: Record<string, Record<string, string>>
  let bytes: Record<string, number>
  /** Reports a change of an object to its watch. */
  let change: Map<string, () => void>
  let watch: ContentWatch

  beforeEach(() => {
    clock = new ManualClock()
    reads = []
    readMs = 0
    reading = { now: 0, most: 0 }
    data = {}
    bytes = {}
    change = new Map()
    const metadata = (namespace: string, name: string) => ({ namespace, name, uid: name, resourceVersion: '1' })
    const keyOf = (path: string, name: string): [string, string] => [path.split('/')[4] ?? '', name]
    const client = {
      get: async (path: string, { accept, maxBodyBytes, onBodyRead }: KubeCallOptions) => {
        const [namespace, name] = keyOf(path, path.split('/').at(-1) ?? '')
        reads.push(`${namespace}/${name}`)
        reading.most = Math.max(reading.most, (reading.now += 1))
        if (readMs > 0) await new Promise<void>((resolve) => clock.setTimeout(resolve, readMs))
        reading.now -= 1
        if (accept !== undefined) return { metadata: metadata(namespace, name) }
        onBodyRead?.(bytes[name] ?? 0)
        if (maxBodyBytes !== undefined && (bytes[name] ?? 0) > maxBodyBytes) {
          throw new ResponseTooLargeError(path, maxBodyBytes)
        }
        return { metadata: metadata(namespace, name), data: data[name] ?? {} }
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

  function read(namespace: string, names: readonly string[], owner = 'owner') {
    const objects = names.map((name) => ({ kind: 'ConfigMap' as const, namespace, name, keys: ['t'] }))
    return watch.read(`${namespace}/${owner}`, objects, { signal: new AbortController().signal })
  }

  async function follow(namespace: string, ...names: string[]): Promise<void> {
    await read(namespace, names)
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

  it('reads few objects at a time, and lets namespaces take turns', async () => {
    readMs = READ_MS
    const names = Array.from({ length: 32 }, (_, index) => `c${index}`)
    const noisy = Promise.all(Array.from({ length: 8 }, (_, index) => read('noisy', names, `owner${index}`)))
    await clock.advance(0)
    const quiet = read('quiet', ['c'])
    await clock.advance(2 * READ_MS)
    expect(reads).toContain('quiet/c')
    expect(await quiet).toHaveLength(1)
    await clock.advance(64 * READ_MS)
    expect(await noisy).toHaveLength(8)
    expect(reading.most).toBe(4)
  })

  it('keeps only the keys that are named', async () => {
    data = { c: { t: 'text', other: 'x' } }
    const [content] = await read('shop', ['c'])
    expect([...(content ?? [])].map(([key, value]) => [key, String(value.expose())])).toEqual([['t', 'text']])
  })

  it('refuses texts above 1 MiB, names the object, reads none after it, and watches all', async () => {
    data = { a: { t: 'x'.repeat(MIB) }, b: { t: 'x' } }
    expect(await read('shop', ['a'])).toHaveLength(1)
    reads.splice(0)
    await expect(read('shop', ['a', 'b', 'c'])).rejects.toMatchObject({
      code: 'TemplateError',
      message:
        'spec.target.template.templateFrom: with ConfigMap shop/b the texts are larger than 1048576 bytes; use fewer or shorter templates',
    })
    expect(reads).toEqual(['shop/a', 'shop/b'])
    await clock.advance(0)
    expect([...change.keys()].toSorted()).toEqual(['shop/a', 'shop/b', 'shop/c'])
  })

  it('refuses an object whose response is too large, and says what to do', async () => {
    bytes = { big: 4 * MIB + 1 }
    await expect(read('shop', ['big'])).rejects.toMatchObject({
      code: 'TemplateError',
      message:
        'spec.target.template.templateFrom: ConfigMap shop/big is larger than 4194304 bytes as JSON; move its templates to a ConfigMap of their own',
    })
  })

  it('gives a namespace a tenth of the time for reads and comparisons, and others theirs', async () => {
    bytes = { big: 4 * MIB }
    const readAll = async (namespace: string): Promise<number> => {
      let count = 0
      for (; watch.mayRead(namespace) && count < 1_000; count += 1) await read(namespace, ['big'])
      return count
    }
    // Two seconds at once: 4 MiB take 20 ms.
    expect(await readAll('noisy')).toBe(101)
    expect(watch.mayRead('quiet')).toBe(true)
    await follow('quiet', 'big')
    change.get('noisy/big')?.()
    change.get('quiet/big')?.()
    await clock.advance(0)
    expect(reads).toEqual(['quiet/big'])
    await clock.advance(200)
    expect(reads).toEqual(['quiet/big', 'noisy/big'])
    await clock.advance(10_000)
    expect(await readAll('noisy')).toBe(51)
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
