import { describe, expect, it } from 'vitest'
import type { TargetChange } from '@ack-secret-manager/core'
import { objectOf, ownerNamed, recordOf } from '../testing/secrets.ts'
import { MetadataBudget } from './metadata-budget.ts'
import { cacheEntryOf, excessBytesOf } from './secret-cache-entry.ts'
import { SecretCache } from './secret-cache.ts'
import { type CachedSecret, isStub, stubOf } from './secret-stub.ts'

const record = recordOf(Array.from({ length: 100 }, (_, at) => `KEY_NUMBER_${at}`))
const ref = (name: string, namespace = 'team-a') => ({ namespace, name })
const BYTES = excessBytesOf(objectOf('db', record).metadata)

/** A cache whose budget has room for `secrets` large Secrets of one namespace. */
class CacheWith {
  readonly uncached: string[] = []
  readonly unexplained: string[] = []
  readonly budget: MetadataBudget
  readonly cache: SecretCache

  constructor(secrets: number) {
    this.budget = new MetadataBudget({
      totalBytes: BYTES * (secrets * 2 + 0.5),
      onExceeded: (namespace) => void this.uncached.push(namespace),
      onRecovered: (namespace) => void this.uncached.splice(this.uncached.indexOf(namespace), 1),
    })
    const onUnexplained = ({ observed: { target, resourceVersion } }: CachedSecret): void =>
      void this.unexplained.push(`${target.name} ${resourceVersion}`)
    this.cache = new SecretCache(onUnexplained, this.budget)
  }

  /** Delivers a watch event as the informer does. */
  event(version: number, { name = 'db', namespace = 'team-a', ...more }: Record<string, unknown> & Named = {}) {
    const target = ref(name, namespace)
    const object = objectOf('db', record, { uid: `u-${name}`, resourceVersion: `${version}`, ...more }, target)
    const admitted = this.cache.admits(target, excessBytesOf(object.metadata))
    return this.deliver(admitted ? cacheEntryOf(object) : stubOf(object.metadata, this.cache.cached(target)))
  }

  deliver(object: CachedSecret): TargetChange | undefined {
    const { namespace, name } = object.observed.target
    return this.cache.recordWatchEvent({ kind: 'added', key: `${namespace}/${name}`, object })
  }

  remove(name: string): TargetChange | undefined {
    const previous = this.cache.cached(ref(name))
    return previous && this.cache.recordWatchEvent({ kind: 'deleted', key: `team-a/${name}`, previous })
  }

  /** Names of the Secrets that are cached, and the same with a stub in brackets. */
  get state(): readonly string[] {
    return [...this.cache.values()].map((one) =>
      isStub(one) ? `(${one.observed.target.name})` : one.observed.target.name,
    )
  }
}

interface Named {
  readonly name?: string
  readonly namespace?: string
}

const response = (version: number, more: object = {}) =>
  cacheEntryOf(objectOf('db', record, { uid: 'u-db', resourceVersion: `${version}`, ...more }))
const changed = { target: ref('db'), kind: 'changed', ownerNames: ['db'] }

describe('SecretCache with a budget', () => {
  it('caches no more than the share of a namespace, and returns no stub as an entry', () => {
    const one = new CacheWith(2)
    for (const [at, name] of ['a', 'b', 'c'].entries()) one.event(at + 1, { name })
    one.event(4, { name: 'd', namespace: 'team-b' })
    expect([one.state, one.uncached, one.budget.uncached]).toEqual([['a', 'b', '(c)', 'd'], ['team-a'], 1])
    const { cache } = one
    expect(cache.get(ref('c'))).toBeUndefined()
    expect([...cache.owned()].map(({ target }) => target.name)).toEqual(['a', 'b', 'd'])
    expect(cache.ownedBy('team-a', 'db').map(({ target }) => target.name)).toEqual(['a', 'b'])
    expect(cache.targetsOf('team-a', 'db').map(({ name }) => name)).toEqual(['a', 'b', 'c'])
    expect(cache.cached(ref('c'))).toEqual({
      observed: { target: ref('c'), uid: 'u-c', resourceVersion: '3' },
      isLabelled: true,
      isCreatedByOperator: true,
      replaces: undefined,
      ownerNames: ['db'],
      excessBytes: expect.any(Number) as number,
    })
  })

  it('does not count Secrets with little metadata', () => {
    const one = new CacheWith(0)
    one.deliver(cacheEntryOf(objectOf('db', recordOf(['a']))))
    expect(one.state).toEqual(['db'])
  })

  it('caches a Secret again with its next event or response, once others are deleted', () => {
    const one = new CacheWith(1)
    for (const [at, name] of ['a', 'db', 'c'].entries()) one.event(at + 1, { name })
    expect(one.state).toEqual(['a', '(db)', '(c)'])
    one.remove('a')
    expect(one.state).toEqual(['(db)', '(c)'])
    expect(one.cache.recordResponse(response(2)).change).toBeUndefined()
    expect(one.state).toEqual(['(c)', 'db'])
    expect(one.cache.ownedBy('team-a', 'db')).toHaveLength(1)
    one.remove('db')
    one.event(4, { name: 'c' })
    expect([one.state, one.uncached, one.budget.uncached]).toEqual([['c'], [], 0])
    // It was a stub before, so the event shows no edit under our field manager.
    expect(one.unexplained).toEqual(['c 4'])
  })

  it('returns the entry of a response that it does not cache', () => {
    const one = new CacheWith(0)
    one.event(1)
    const drifted = response(2, { managedFields: [] })
    for (let times = 0; times < 2; times += 1) {
      const { entry, change } = one.cache.recordResponse(drifted)
      expect([entry.observed.records.size, entry.observed.drifted.length, change]).toEqual([1, 100, undefined])
    }
    expect(one.cache.cached(ref('db'))?.observed.resourceVersion).toBe('2')
    expect(one.cache.recordResponse(response(1)).entry.observed.resourceVersion).toBe('1')
    expect([one.state, one.uncached]).toEqual([['(db)'], ['team-a']])
  })

  it('has each new version of a stub compared, because it may be drift', () => {
    const one = new CacheWith(0)
    const compared = (): readonly string[] => one.unexplained.splice(0)
    expect([one.event(1), compared()]).toEqual([undefined, []])
    expect([one.event(2), one.event(2), compared()]).toEqual([undefined, undefined, ['db 2']])
    one.cache.recordResponse(response(3), { isOwnWrite: true })
    expect([one.event(3), one.event(1), compared()]).toEqual([undefined, undefined, []])
    const entry = response(4)
    expect([one.event(4), compared()]).toEqual([undefined, ['db 4']])
    expect(one.cache.markPossiblyDrifted(entry, [])).toEqual(changed)
    expect(one.cache.markPossiblyDrifted(response(4, { uid: 'u-old' }), [])).toBeUndefined()
  })

  it('reports that a stub was deleted, unless the operator has deleted it', () => {
    const one = new CacheWith(0)
    one.event(1)
    expect(one.remove('db')).toEqual({ ...changed, kind: 'deleted' })
    one.event(2)
    const stub = one.cache.cached(ref('db'))
    one.cache.release(ref('db'), 'u-db', undefined)
    expect([one.state, one.event(3)]).toEqual([[], undefined])
    expect(stub && one.cache.recordDeletion(stub)).toBeUndefined()
    expect([one.state, one.uncached]).toEqual([[], []])
  })

  it('reports a deletion that is older than the new Secret only to the other owners', () => {
    const one = new CacheWith(0)
    const references = [ownerNamed('db'), ownerNamed('other')]
    one.event(1, { ownerReferences: references })
    const previous = one.cache.cached(ref('db'))
    one.cache.recordResponse(response(2, { uid: 'u-new' }))
    const reported = previous && one.cache.recordDeletion(previous)
    expect(reported).toEqual({ ...changed, kind: 'deleted', ownerNames: ['other'] })
    expect(one.state).toEqual(['(db)'])
  })

  it('keeps the entry when its event arrives as a stub, as during a write', () => {
    const one = new CacheWith(1)
    one.cache.recordResponse(response(5), { isOwnWrite: true })
    const { metadata } = objectOf('db', record, { uid: 'u-db', resourceVersion: '5' })
    expect([one.deliver(stubOf(metadata)), one.state]).toEqual([undefined, ['db']])
    expect([one.deliver(stubOf({ ...metadata, resourceVersion: '6' })), one.unexplained]).toEqual([undefined, ['db 6']])
    expect(one.state).toEqual(['(db)'])
  })

  it('knows the owners of a stub from its records once they were decoded', () => {
    const one = new CacheWith(0)
    const unnamed = { ownerReferences: [] }
    const owned = (): readonly string[] => one.cache.targetsOf('team-a', 'db').map(({ name }) => name)
    one.event(1, unnamed)
    expect([owned(), one.remove('db')]).toEqual([[], undefined])
    one.event(1, unnamed)
    one.cache.recordResponse(response(2, unnamed))
    one.event(3, unnamed)
    expect([one.state, owned()]).toEqual([['(db)'], ['db']])
    expect(one.cache.markUnverified(ref('db'))).toEqual(changed)
    expect([one.remove('db'), owned()]).toEqual([{ ...changed, kind: 'deleted' }, []])
    expect(one.cache.markUnverified(ref('db'))).toBeUndefined()
  })

  it('forgets the owners of a stub that was recreated', () => {
    const one = new CacheWith(0)
    one.cache.recordResponse(response(1))
    one.event(2, { uid: 'u-new', ownerReferences: [] })
    expect(one.cache.targetsOf('team-a', 'db')).toEqual([])
  })

  it('reports a lost record of a stub that is cached now', () => {
    const one = new CacheWith(0)
    one.cache.recordResponse(response(1, { ownerReferences: [] }))
    const bare = { metadata: { ...ref('db'), uid: 'u-db', resourceVersion: '2', labels: {} } }
    expect([one.deliver(cacheEntryOf(bare)), one.state]).toEqual([changed, ['db']])
  })

  it('keeps the broken keys of an inspection in the entry of a later response', () => {
    const one = new CacheWith(0)
    const inspected = { isInspected: true, broken: ['KEY_NUMBER_1'] }
    for (const [version, large] of [
      [1, true],
      [2, true],
      [3, false],
    ] as const) {
      const entry = { ...response(version), ...(large ? {} : { excessBytes: 0 }) }
      expect(one.cache.recordResponse(entry, inspected).entry.observed.drifted).toEqual(['KEY_NUMBER_1'])
      expect(one.cache.get(ref('db'))?.observed.drifted).toEqual(large ? undefined : ['KEY_NUMBER_1'])
    }
  })

  it('keeps no findings about the content of a stub', () => {
    const one = new CacheWith(0)
    const entry = response(1)
    one.cache.replaceRecords(entry, new Map())
    expect(one.cache.recordResponse(entry).entry.observed.records.size).toBe(0)
    one.cache.markPossiblyDrifted(entry, ['KEY_NUMBER_1'])
    expect(one.cache.recordResponse(entry).entry.observed).toMatchObject({ records: { size: 1 }, drifted: [] })
  })

  it('keeps no findings about the content of a large Secret without the label', () => {
    const one = new CacheWith(9)
    const entry = response(1, { labels: {} })
    one.cache.replaceRecords(entry, new Map())
    expect(one.cache.recordResponse(entry).entry.observed.records.size).toBe(0)
    expect(one.cache.recordResponse(entry).entry.observed.records.size).toBe(1)
  })

  it('names at most four owners of a stub, and none whose name is too long', () => {
    const names = ['x'.repeat(254), 'a', 'b', 'c', 'd', 'e']
    const others = [{ ...ownerNamed('theirs'), apiVersion: 'apps/v1' }]
    expect(stubOf({ ownerReferences: [...others, ...names.map((name) => ownerNamed(name))] }).ownerNames).toEqual([
      'a',
      'b',
      'c',
      'd',
    ])
  })

  it.each([
    ['team-a/kept', ['kept']],
    ['team-b/kept', []],
    [`team-a/${'x'.repeat(254)}`, []],
    ['team-a/', []],
  ])('names the owner of a retained stub by its annotation: %s', (owner, expected) => {
    const annotations = { 'alibabacloud.com/owner': owner }
    expect(stubOf({ namespace: 'team-a', annotations }).ownerNames).toEqual(expected)
  })
})
