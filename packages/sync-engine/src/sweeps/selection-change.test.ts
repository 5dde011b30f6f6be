import type { ListedSecret } from '@ack-secret-manager/core'
import { describe, expect, it } from 'vitest'
import { nextTurn } from '../queue/turn-pacer.ts'
import { type Listing, nextListing } from './listing.ts'
import { SelectionChange } from './selection-change.ts'
import type { Interest } from './interest.ts'

const WEB = { team: 'web' }
const OTHER = { team: 'other' }
type Secrets = Record<string, { readonly tags?: object; readonly isDeleted?: boolean }>

/** The listing after sweeps that show these secrets. */
function listingOf(...sweeps: readonly Secrets[]): Listing {
  let listing: Listing | undefined
  for (const secrets of sweeps) {
    const swept = Object.entries(secrets).map(([name, more]) => ({ name, ...more }) as ListedSecret)
    listing = nextListing(listing, swept, { withTags: swept.some(({ tags }) => tags !== undefined) })
  }
  return listing as Listing
}

const interest = (more: Partial<Interest> = {}): Interest => ({
  withTags: false,
  filterId: 'app',
  mayFind: (name) => name.startsWith('app/'),
  hasTags: (tags) => tags?.team === 'web',
  ...more,
})
const tagged = (held: readonly string[] = []): Interest =>
  interest({ withTags: true, filterId: `tags ${held.join()}`, heldNames: () => [new Set(held)] })

describe('a list that changes', () => {
  const [one, two] = [{ 'app/a': {} }, { 'app/a': {}, 'app/b': {} }]
  const web = { 'app/a': { tags: WEB } }

  it.each<[string, Interest, readonly Secrets[], Secrets, boolean]>([
    ['a name that matches appears', interest(), [one], two, true],
    ['a name that matches disappears', interest(), [two], one, true],
    ['a deletion is scheduled', interest(), [one], { 'app/a': { isDeleted: true } }, true],
    ['a name appears whose deletion is scheduled', interest(), [one], { ...one, 'app/b': { isDeleted: true } }, false],
    ['another name appears', interest(), [one], { ...one, 'lib/a': {} }, false],
    ['tags change, and the find has none', interest(), [web], { 'app/a': { tags: OTHER } }, false],
    ['tags match', tagged(), [{ 'app/a': { tags: OTHER } }], web, true],
    ['tags match no more', tagged(), [web], { 'app/a': { tags: OTHER } }, true],
    ['a list with tags follows one without', tagged(), [one], web, true],
    [
      'a list with tags follows one without, and shows none that match',
      tagged(),
      [one],
      { 'app/a': { tags: OTHER } },
      true,
    ],
    ['a list with tags follows one without, and the find has none', interest(), [one], web, false],
    [
      'other tags are shown twice, and the target has the secret',
      tagged(['app/a']),
      [{ 'app/a': { tags: OTHER } }],
      { 'app/a': { tags: OTHER } },
      true,
    ],
    [
      'other tags are shown twice, and the target has another secret',
      tagged(['app/b']),
      [{ 'app/a': { tags: OTHER } }],
      { 'app/a': { tags: OTHER } },
      false,
    ],
    [
      'other tags are shown again',
      tagged(['app/a']),
      [{ 'app/a': { tags: OTHER } }, { 'app/a': { tags: OTHER } }],
      { 'app/a': { tags: OTHER }, b: { tags: WEB } },
      false,
    ],
  ])('%s', async (_what, of, before, after, expected) => {
    const first = listingOf(...before)
    const swept = Object.entries(after).map(([name, more]) => ({ name, ...more }) as ListedSecret)
    const second = nextListing(first, swept, { withTags: swept.some(({ tags }) => tags !== undefined) })
    expect(await new SelectionChange(first, second, nextTurn).concerns([of])).toBe(expected)
  })

  it('compares a name once for all resources with the same find, and shares the event loop', async () => {
    const many = Object.fromEntries(Array.from({ length: 3_000 }, (_none, at) => [`lib/${at}`, {}]))
    const compared: string[] = []
    const turns = { count: 0 }
    const change = new SelectionChange(listingOf({ x: {} }), listingOf(many), async () => {
      turns.count += 1
    })
    const mayFind = (name: string): boolean => {
      compared.push(name)
      return false
    }
    for (let at = 0; at < 100; at += 1) expect(await change.concerns([interest({ mayFind })])).toBe(false)
    expect(compared).toHaveLength(3_001)
    expect(turns.count).toBeGreaterThanOrEqual(5)
  })

  it('stops at a limit of work, and then concerns all resources', async () => {
    const many = Object.fromEntries(Array.from({ length: 10_000 }, (_none, at) => [`lib/${at}`, {}]))
    const compared = { count: 0 }
    const change = new SelectionChange(listingOf({ x: {} }), listingOf(many), async () => undefined)
    const mayFind = (): boolean => {
      compared.count += 1
      return false
    }
    const results: boolean[] = []
    for (let at = 0; at < 50; at += 1)
      results.push(await change.concerns([interest({ filterId: String(at), mayFind })]))
    expect(results.slice(0, 9)).toEqual(Array.from({ length: 9 }, () => false))
    expect(results.at(-1)).toBe(true)
    expect(compared.count).toBeLessThanOrEqual(101_000)
  })
})
