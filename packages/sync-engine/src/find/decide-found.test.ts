import { SecretSyncError } from '@ack-secret-manager/core'
import { ExpressionCompiler, WorkBudget } from '@ack-secret-manager/transform'
import { describe, expect, it } from 'vitest'
import type { HeldNames } from '../model/held-names.ts'
import { nextTurn } from '../queue/turn-pacer.ts'
import { type Listing, nextListing } from '../sweeps/listing.ts'
import { specOf } from '../testing/fixtures.ts'
import { decideFound, type FindInput } from './decide-found.ts'
import { findFilter } from './find-filter.ts'
import { foundKey } from './found-keys.ts'

type Tags = Readonly<Record<string, string>>
const WEB: Tags = { team: 'web' }
const OTHER: Tags = { team: 'other' }

/** After sweeps that have shown these names; tags only if all have some. */
function listingOf(...sweeps: readonly Readonly<Record<string, Tags | 'deleted'>>[]): Listing | undefined {
  let listing: Listing | undefined
  for (const sweep of sweeps) {
    const items = Object.entries(sweep).map(([name, tags]) =>
      tags === 'deleted' ? { name, isDeleted: true, tags: WEB } : { name, tags },
    )
    listing = nextListing(listing, items, { withTags: true })
  }
  return listing
}

async function inputOf(conditions: object, more: Partial<FindInput> = {}): Promise<FindInput> {
  const { find } = specOf({ dataFrom: [{ find: conditions }] }).dataFrom[0] as { find: FindInput['find'] }
  const field = 'spec.dataFrom[0].find'
  return {
    find,
    id: 'storeAAAconditionB',
    field,
    filter: await findFilter(find, field, new ExpressionCompiler(async () => undefined)),
    keyOf: (name, work) => foundKey(name, { rules: undefined, field }, work),
    listing: undefined,
    listProblem: undefined,
    isAllowed: () => true,
    ...more,
  }
}

const heldOf = (
  found: Readonly<Record<string, readonly string[]>>,
  keys: Readonly<Record<string, string>> = {},
): HeldNames => ({
  found: new Map(Object.entries(found).map(([id, names]) => [id, new Set(names)])),
  keys: new Map(Object.entries(keys)),
})

async function decided(
  find: FindInput,
  {
    held = heldOf({}),
    named = [],
    sightings = 2,
  }: { held?: HeldNames; named?: readonly string[]; sightings?: number } = {},
) {
  const [found] = await decideFound({ finds: [find], held, named: new Set(named), sightings, pause: nextTurn })
  return found
}

const claims = (found: Awaited<ReturnType<typeof decided>>): Readonly<Record<string, string>> =>
  Object.fromEntries((found?.secrets ?? []).map(({ name, claim }) => [name, claim]))

const MINE = 'storeAAAconditionB'
const FORMER = 'storeAAAconditionX'
const ELSEWHERE = 'storeBBBconditionB'
const noList = undefined

describe('decideFound', () => {
  const path = { path: 'app' }
  const tags = { path: 'app', tags: WEB }
  it.each<[string, object, Listing | undefined, HeldNames, Readonly<Record<string, string>>]>([
    ['adds what the list shows', path, listingOf({ 'app/a': {}, x: {} }), heldOf({}), { 'app/a': 'added' }],
    ['adds no secret whose deletion is scheduled', path, listingOf({ 'app/a': 'deleted' }), heldOf({}), {}],
    ['keeps what no list shows yet', path, noList, heldOf({ [MINE]: ['app/a'] }), { 'app/a': 'held' }],
    [
      'keeps what a complete list lacks',
      path,
      listingOf({ x: {} }),
      heldOf({ [MINE]: ['app/a'] }),
      { 'app/a': 'held' },
    ],
    [
      'keeps what is shown as deleted',
      path,
      listingOf({ 'app/a': 'deleted' }),
      heldOf({ [MINE]: ['app/a'] }),
      { 'app/a': 'held' },
    ],
    [
      'keeps what one list shows with other tags',
      tags,
      listingOf({ 'app/a': OTHER }),
      heldOf({ [MINE]: ['app/a'] }),
      { 'app/a': 'held' },
    ],
    [
      'drops what two lists show with other tags',
      tags,
      listingOf({ 'app/a': OTHER }, { 'app/a': OTHER }),
      heldOf({ [MINE]: ['app/a'] }),
      {},
    ],
    [
      'keeps it if a list between them lacks it',
      tags,
      listingOf({ 'app/a': OTHER }, { x: OTHER }, { 'app/a': OTHER }),
      heldOf({ [MINE]: ['app/a'] }),
      { 'app/a': 'held' },
    ],
    [
      'keeps it if the tags matched between them',
      tags,
      listingOf({ 'app/a': OTHER }, { 'app/a': WEB }, { 'app/a': OTHER }),
      heldOf({ [MINE]: ['app/a'] }),
      { 'app/a': 'held' },
    ],
    ['drops a name that the spec excludes', { path: 'web' }, noList, heldOf({ [MINE]: ['app/a'] }), {}],
    ['keeps the names of a find that was edited', path, noList, heldOf({ [FORMER]: ['app/a'] }), { 'app/a': 'former' }],
    [
      'keeps those from another store, too',
      path,
      noList,
      heldOf({ [ELSEWHERE]: ['app/a'] }),
      { 'app/a': 'other-store' },
    ],
    [
      'prefers the strongest claim',
      path,
      listingOf({ 'app/a': {}, 'app/b': {}, 'app/c': {}, 'app/d': {} }),
      heldOf({ [ELSEWHERE]: ['app/a', 'app/b', 'app/c'], [FORMER]: ['app/a', 'app/b'], [MINE]: ['app/a'] }),
      { 'app/a': 'held', 'app/b': 'former', 'app/c': 'other-store', 'app/d': 'added' },
    ],
    [
      'keeps the key of an entry of data that this find replaces',
      path,
      noList,
      heldOf({}, { app_a: 'app/a', b: 'app/b' }),
      { 'app/a': 'former' },
    ],
    [
      '… and its secret if a list has it, because the new key may be another one',
      path,
      listingOf({ 'app/b': {}, 'app/c': 'deleted' }),
      heldOf({}, { b: 'app/b', c: 'app/c', d: 'app/d' }),
      { 'app/b': 'former' },
    ],
    ['… but not with other tags', tags, listingOf({ 'app/b': OTHER }), heldOf({}, { b: 'app/b' }), {}],
  ])('%s', async (_rule, conditions, listing, held, expected) => {
    expect(claims(await decided(await inputOf(conditions, { listing }), { held }))).toEqual(expected)
  })

  it('leaves a key to the entry that names its secret', async () => {
    expect(
      claims(await decided(await inputOf(path), { held: heldOf({}, { app_a: 'app/a' }), named: ['app/a'] })),
    ).toEqual({})
  })

  it('gives a find no names that another find has', async () => {
    const [one, other] = [await inputOf(path), await inputOf({ path: 'app', name: { prefix: 'app/' } }, { id: FORMER })]
    const held = heldOf({ [MINE]: ['app/a'], [FORMER]: [] }, { app_a: 'app/a' })
    const found = await decideFound({ finds: [one, other], held, named: new Set(), sightings: 2, pause: nextTurn })
    expect(found.map((each) => claims(each))).toEqual([{ 'app/a': 'held' }, {}])
  })

  it('trusts a list at once if the run sees only one', async () => {
    const find = await inputOf(tags, { listing: listingOf({ 'app/a': OTHER }) })
    expect(claims(await decided(find, { held: heldOf({ [MINE]: ['app/a'] }), sightings: 1 }))).toEqual({})
  })

  describe('with an allow-list', () => {
    const isAllowed = (name: string): boolean => !name.includes('secret')
    const listing = listingOf({ 'app/a': OTHER, 'app/secret': OTHER }, { 'app/a': OTHER, 'app/secret': OTHER })

    it('neither counts nor adds another name', async () => {
      const shown = listingOf({ 'app/a': {}, 'app/secret': {}, 'app/secret2': {} })
      const found = await decided(await inputOf({ path: 'app', maxSecrets: 1 }, { listing: shown, isAllowed }))
      expect([claims(found), found?.problem]).toEqual([{ 'app/a': 'added' }, undefined])
    })

    it('keeps a held name, whatever tags the list has, because the tenant must not learn them', async () => {
      const held = heldOf({ [MINE]: ['app/a', 'app/secret'] })
      expect(claims(await decided(await inputOf(tags, { listing, isAllowed }), { held }))).toEqual({
        'app/secret': 'held',
      })
    })

    it('drops the names of a find that was edited', async () => {
      expect(
        claims(await decided(await inputOf(path, { isAllowed }), { held: heldOf({ [FORMER]: ['app/secret'] }) })),
      ).toEqual({})
    })
  })

  describe('refuses only additions', () => {
    const held = heldOf({ [MINE]: ['app/a', 'app/b'] })
    const three = listingOf({ 'app/a': {}, 'app/b': {}, 'app/c': {} })

    it('above maxSecrets, all of them, with the number of all', async () => {
      const found = await decided(await inputOf({ path: 'app', maxSecrets: 2 }, { listing: three }), { held })
      expect(claims(found)).toEqual({ 'app/a': 'held', 'app/b': 'held' })
      expect(found?.problem?.error).toMatchObject({
        code: 'TooLarge',
        message: expect.stringContaining('3 secrets match; the maximum is 2'),
      })
      expect(found).toMatchObject({ isEstablished: true, isComplete: false })
    })

    it('and never those of the target, also if the limit is lowered', async () => {
      const found = await decided(await inputOf({ path: 'app', maxSecrets: 1 }), { held })
      expect(claims(found)).toEqual({ 'app/a': 'held', 'app/b': 'held' })
      expect(found?.problem?.error.code).toBe('TooLarge')
    })

    it('above 1,000 secrets of all finds', async () => {
      const names = (prefix: string, count: number): Readonly<Record<string, Tags>> =>
        Object.fromEntries(Array.from({ length: count }, (_none, at) => [`${prefix}/${at}`, {}]))
      const finds = [
        await inputOf({ path: 'a' }, { listing: listingOf(names('a', 400)) }),
        await inputOf({ path: 'b' }, { id: FORMER, listing: listingOf(names('b', 400)) }),
        await inputOf({ path: 'c' }, { id: ELSEWHERE, listing: listingOf(names('c', 400)) }),
      ]
      const found = await decideFound({
        finds,
        held: heldOf({ [ELSEWHERE]: ['c/0'] }),
        named: new Set(),
        sightings: 2,
        pause: nextTurn,
      })
      expect(found.map(({ secrets }) => secrets.length)).toEqual([400, 400, 1])
      expect(found[2]?.problem?.error.message).toContain(
        '1200 secrets match spec.dataFrom; the maximum of all finds is 1000',
      )
    })

    it('whose names are too long for the record', async () => {
      const long = Object.fromEntries(Array.from({ length: 300 }, (_none, at) => [`app/${'x'.repeat(180)}${at}`, {}]))
      const found = await decided(await inputOf(path, { listing: listingOf(long) }), { held })
      expect(claims(found)).toEqual({ 'app/a': 'held', 'app/b': 'held' })
      expect(found?.problem?.error.message).toContain('are too long for the record')
    })

    it('that take too much work', async () => {
      const many = Object.fromEntries(Array.from({ length: 3_000 }, (_none, at) => [`app/${'x'.repeat(150)}${at}`, {}]))
      const costly = { path: 'app', name: { regexp: '(x+y){90}|a$|b$' } }
      const found = await decided(await inputOf(costly, { listing: listingOf(many) }), { held })
      expect(claims(found)).toEqual({ 'app/a': 'held', 'app/b': 'held' })
      expect(found?.problem?.error.code).toBe('TooLarge')
    })

    it('while the list fails', async () => {
      const error = new SecretSyncError('AccessDenied', 'no')
      const found = await decided(await inputOf(path, { listProblem: { error, stale: false } }), { held })
      expect(claims(found)).toEqual({ 'app/a': 'held', 'app/b': 'held' })
      expect(found).toMatchObject({ problem: { error }, isEstablished: true, isComplete: false })
    })
  })

  it('reports a name that gives no key with its error', async () => {
    const find = await inputOf({ path: 'app' }, { listing: listingOf({ 'app/a': {} }) })
    const field = 'spec.dataFrom[0].find'
    const rules = await new ExpressionCompiler(async () => undefined).rules([{ source: '.*', target: '' }], 'rewrite')
    const found = await decided({ ...find, keyOf: (name, work) => foundKey(name, { rules, field }, work) })
    expect(found?.secrets[0]?.key).toMatchObject({ code: 'InvalidKey' })
  })

  it.each(['.', '..', '..data', 'x'.repeat(254)])('reports %j, which cannot be a key of a Secret', (name) => {
    const key = foundKey(name, { rules: undefined, field: 'spec.dataFrom[0].find' }, new WorkBudget())
    expect(key).toMatchObject({ code: 'InvalidKey' })
  })
})
