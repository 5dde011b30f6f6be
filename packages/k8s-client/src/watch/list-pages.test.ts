import { afterEach, describe, expect, it } from 'vitest'
import { KubeClient } from '../client/kube-client.ts'
import { listPages } from './list-pages.ts'
import { isResponseTooLarge } from '../client/response-too-large-error.ts'
import { json, type RawServer, rawServer } from '../testing/raw-server.ts'

const { signal } = new AbortController()
const MIB = 1024 * 1024

describe('listPages', () => {
  let server: RawServer
  let client: KubeClient
  afterEach(async () => {
    await client.close()
    await server[Symbol.asyncDispose]()
  })

  /** A collection of objects of these sizes; the continue token is the index of the next one. */
  const serve = async (sizes: readonly number[]): Promise<void> => {
    server = await rawServer(({ query }, response) => {
      const start = Number(query.get('continue') ?? 0)
      const end = Math.min(sizes.length, start + Number(query.get('limit')))
      const items = sizes.slice(start, end).map((bytes, offset) => ({
        metadata: { name: `object-${start + offset}` },
        data: 'x'.repeat(bytes),
      }))
      const next = end < sizes.length ? { continue: String(end) } : {}
      json(response, { metadata: { resourceVersion: '1', ...next }, items })
    })
    client = new KubeClient({ credentials: server.credentials })
  }
  const names = async (pageSize: number): Promise<string[]> => {
    const found: string[] = []
    for await (const page of listPages('/api/v1/configmaps', { client, pageSize, signal })) {
      found.push(...page.items.map(({ metadata }) => metadata.name ?? ''))
    }
    return found
  }
  const asked = (): string[] =>
    server.seen.map(({ query }) => `${query.get('limit')} from ${query.get('continue') ?? 'the start'}`)
  const all = (count: number): string[] => Array.from({ length: count }, (_, index) => `object-${index}`)

  it('reads small objects in full pages', async () => {
    await serve([1, 1, 1, 1, 1])
    expect(await names(2)).toEqual(all(5))
    expect(asked()).toEqual(['2 from the start', '2 from 2', '2 from 4'])
  })

  it('ends a list whose pages lead to themselves, as of a proxy that ignores the query', async () => {
    server = await rawServer((_request, response) => {
      // Without the limit the test would not end either.
      const next = server.seen.length < 10 ? { continue: 'more' } : {}
      json(response, { metadata: { resourceVersion: '1', ...next }, items: [] })
    })
    client = new KubeClient({ credentials: server.credentials })
    await expect(names(2)).rejects.toMatchObject({ code: 'InvalidResponse' })
    expect(asked()).toEqual(['2 from the start', '2 from more'])
  })

  it('halves a page that is too large and continues from the same token, each object once', async () => {
    await serve([1, 1, 1, 1, 3 * MIB, 3 * MIB, 3 * MIB, 3 * MIB])
    expect(await names(4)).toEqual(all(8))
    expect(asked()).toEqual(['4 from the start', '4 from 4', '2 from 4', '2 from 6'])
  })

  it('halves down to one object, which may reach the limit of the client', async () => {
    await serve([12 * MIB, 12 * MIB])
    expect(await names(3)).toEqual(all(2))
    expect(asked()).toEqual(['3 from the start', '2 from the start', '1 from the start', '1 from 1'])
  })

  it('doubles the page size after four pages that fit', async () => {
    await serve([9 * MIB, ...Array.from({ length: 12 }, () => 1)])
    expect(await names(8)).toEqual(all(13))
    const limits = server.seen.map(({ query }) => Number(query.get('limit')))
    expect(limits).toEqual([8, 4, 2, 1, 1, 1, 1, 2, 2, 2, 2, 4])
  })

  it('ends at an empty continue token', async () => {
    server = await rawServer((_request, response) =>
      json(response, { metadata: { resourceVersion: '1', continue: '' }, items: [{ metadata: { name: 'object-0' } }] }),
    )
    client = new KubeClient({ credentials: server.credentials })
    expect(await names(2)).toEqual(all(1))
  })

  it('sends the query of the caller with each page', async () => {
    await serve([1, 1])
    const query = { labelSelector: 'app=db' }
    let count = 0
    for await (const { items } of listPages('/api/v1/configmaps', { client, pageSize: 1, query, signal })) {
      count += items.length
    }
    expect(count).toBe(2)
    expect(server.seen.map((request) => request.query.get('labelSelector'))).toEqual(['app=db', 'app=db'])
  })

  it('does not halve the page after another failure', async () => {
    server = await rawServer((_request, response) => json(response, { kind: 'Status', reason: 'Expired' }, 410))
    client = new KubeClient({ credentials: server.credentials })
    await expect(names(4)).rejects.toMatchObject({ status: 410 })
    expect(asked()).toEqual(['4 from the start'])
  })

  it('fails for one object that is too large, without another request', async () => {
    await serve([33 * MIB, 1])
    const error: unknown = await names(2).catch((thrown: unknown) => thrown)
    expect(isResponseTooLarge(error)).toBe(true)
    expect(error).toMatchObject({
      code: 'InvalidResponse',
      message: `list configmaps: the response is larger than ${32 * MIB} bytes`,
    })
    expect(asked()).toEqual(['2 from the start', '1 from the start'])
  })
})
