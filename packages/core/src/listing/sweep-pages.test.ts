import { array, assert, asyncProperty, boolean, constant, integer, oneof, record } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type SweepFacts, sweepPages } from './sweep-pages.ts'

const secret = (name: string) => ({ name })

/** A list that changes before each page. */
async function read(names: string[], change: (page: number) => void, pageSize = 3) {
  let pages = 0
  const unsettled: SweepFacts[] = []
  const seen: string[] = []
  const sweep = sweepPages({
    maxSweeps: 3,
    onUnsettled: (facts) => unsettled.push(facts),
    page: async (cursor = '1') => {
      change(pages)
      pages += 1
      const number = Number(cursor)
      const items = names.slice((number - 1) * pageSize, number * pageSize).map(secret)
      return { total: names.length, items, next: items.length < pageSize ? undefined : String(number + 1) }
    },
  })
  for await (const { name } of sweep) seen.push(name)
  return { seen, pages, unsettled }
}

const numbered = (count: number): string[] => Array.from({ length: count }, (_none, at) => `s${at}`)

describe('sweepPages', () => {
  it('follows cursors of a list without a total, once', async () => {
    const seen: string[] = []
    const pages: Record<string, { items: { name: string }[]; next?: string }> = {
      '': { items: [secret('a')], next: 'x' },
      x: { items: [secret('b'), secret('a')] },
    }
    let calls = 0
    const page = async (cursor = '') => {
      calls += 1
      return pages[cursor] ?? { items: [] }
    }
    for await (const { name } of sweepPages({ page, maxSweeps: 3 })) seen.push(name)
    expect([seen, calls]).toEqual([['a', 'b'], 2])
  })

  it('ends a list that never ends with an error', async () => {
    const reading = async (): Promise<void> => {
      const page = async () => ({ items: [secret('a')], next: 'same' })
      const names = new Set<string>()
      for await (const { name } of sweepPages({ page, maxSweeps: 1, maxPages: 5 })) names.add(name)
      throw new Error(`gave ${names.size}`)
    }
    await expect(reading()).rejects.toMatchObject({ code: 'TooLarge' })
  })

  it.each([
    ['maxSweeps: expected a whole number ≥ 1, got NaN', { maxSweeps: Number.NaN }],
    ['maxPages: expected a whole number ≥ 1, got 0', { maxSweeps: 1, maxPages: 0 }],
  ])('reads nothing with a wrong limit: %s', async (message, limits) => {
    let calls = 0
    const page = async () => {
      calls += 1
      return { items: [] }
    }
    await expect(sweepPages({ page, ...limits }).next()).rejects.toThrow(new RangeError(message))
    expect(calls).toBe(0)
  })

  it.each([
    ['none', 0, 1],
    ['less than a page', 2, 1],
    ['a full page', 3, 2],
    ['several pages', 7, 3],
  ])('reads %s once', async (_what, count, pages) => {
    const result = await read(numbered(count), () => undefined)
    expect(result).toEqual({ seen: numbered(count), pages, unsettled: [] })
  })

  it('finds a secret that slips to a page that was read, because another one was deleted', async () => {
    const names = numbered(7)
    const { seen } = await read(names, (page) => {
      if (page === 1) names.shift()
    })
    // s3 moved from the second page to the first.
    expect(seen).toContain('s3')
    expect(new Set(seen).size).toBe(seen.length)
  })

  it('returns a secret once if another one was created before it', async () => {
    const names = numbered(7)
    const { seen } = await read(names, (page) => {
      if (page === 1) names.unshift('new')
    })
    expect(new Set(seen).size).toBe(seen.length)
    expect(new Set(seen)).toEqual(new Set(names))
  })

  it('reports that it may have missed a secret if the list keeps changing', async () => {
    let next = 0
    const names = numbered(6)
    const { unsettled } = await read(names, () => {
      names.push(`more${(next += 1)}`)
    })
    expect(unsettled).toHaveLength(1)
    expect(unsettled[0]).toMatchObject({ sweeps: 3 })
  })

  it('never misses a secret without a report while others are only deleted, or only created', async () => {
    const edit = record({ page: integer({ min: 0, max: 8 }), at: integer({ min: 0, max: 20 }) })
    await assert(
      asyncProperty(
        integer({ min: 0, max: 12 }),
        boolean(),
        array(oneof(edit, constant(undefined)), { maxLength: 4 }),
        async (count, isDelete, edits) => {
          const names = numbered(count)
          const stable = new Set(names)
          let created = 0
          const { seen, unsettled } = await read(names, (page) => {
            for (const change of edits) {
              if (change?.page !== page) continue
              if (isDelete) {
                const [gone] = names.splice(change.at % Math.max(1, names.length), 1)
                if (gone !== undefined) stable.delete(gone)
              } else {
                names.splice(change.at % (names.length + 1), 0, `new${(created += 1)}`)
              }
            }
          })
          expect(new Set(seen).size).toBe(seen.length)
          if (unsettled.length === 0) expect([...stable].filter((name) => !seen.includes(name))).toEqual([])
        },
      ),
      { numRuns: 500 },
    )
  })
})
