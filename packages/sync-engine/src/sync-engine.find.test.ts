import { MemoryWriter } from '@ack-secret-manager/test-support/memory-writer'
import { array, assert, asyncProperty, constantFrom, integer, oneof, record } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { engineFixture, INTERVAL } from './testing/engine-fixture.ts'
import { connectionOf, digester, resourceOf, specOf } from './testing/fixtures.ts'
import { APP, byTag, CONFIRMED, find, findFixture } from './testing/find-fixture.ts'
import { ListingManager } from './testing/listing-manager.ts'
import { PROPERTY_TIMEOUT_MS, propertyRuns } from './testing/property-runs.ts'

describe('a find', () => {
  it('copies every secret that matches, under its rewritten name', async () => {
    const { sync, keys, ready, status } = findFixture(['app/db', 'app/web/token', 'application', 'other'])
    await sync(APP)
    expect(keys()).toEqual({ db: 'value of app/db', web_token: 'value of app/web/token' })
    expect(ready()).toBe('True Synced')
    expect(status()).toMatchObject({ found: 2, secrets: [{ key: 'app/db' }, { key: 'app/web/token' }] })
  })

  it.each([
    ['a regular expression', find({ name: { regexp: '^a.c$' } }), ['abc']],
    ['a prefix', find({ name: { prefix: 'ab' } }), ['abc', 'abd']],
    ['path and prefix', find({ path: '/x/', name: { prefix: '/x/a' } }), ['_x_ab']],
    ['all of its tags', byTag({ team: 'web', env: 'prod' }), ['abd']],
    ['tags and name', find({ tags: { team: 'web' }, name: { regexp: 'c' } }), ['abc']],
  ])('matches %s', async (_what, spec, expected) => {
    const { kms, sync, keys } = findFixture(['/x/ab', 'xx'])
    kms.put('abc', { team: 'web' })
    kms.put('abd', { team: 'web', env: 'prod' })
    await sync(spec)
    expect(Object.keys(keys() ?? {})).toEqual(expected)
  })

  it('adds a new secret within one interval, and then follows its values', async () => {
    const { kms, sync, keys, clock } = findFixture(['app/db'])
    await sync(APP)
    kms.put('app/new')
    kms.put('app/db', undefined, 'changed')
    await clock.advance(INTERVAL + 1_000)
    expect(keys()).toEqual({ db: 'changed', new: 'value of app/new' })
  })

  it('adds a new secret soon after a hint, and after a requested refresh, which it then counts as handled', async () => {
    const { kms, sync, keys, clock, engine, status } = findFixture(['app/db'])
    await sync(APP)
    kms.put('app/one')
    engine.hint('app/one')
    await clock.advance(6_000)
    expect(keys()).toMatchObject({ one: 'value of app/one' })
    kms.put('app/two')
    await sync(APP, { refreshNow: 'now' })
    expect(keys()).toMatchObject({ two: 'value of app/two' })
    expect(status()?.lastHandledRefresh).toBe('now')
  })

  it('reads the list once an interval for 100 resources, and writes nothing while it stays the same', async () => {
    const { kms, clock, engine, writer, statuses } = findFixture(['app/a', 'app/b', 'app/c', 'app/d'])
    for (let at = 0; at < 100; at += 1) {
      engine.upsert(resourceOf(specOf(APP), { name: `r${at}`, uid: `u${at}` }))
    }
    await clock.advance(10_000)
    expect(statuses).toHaveLength(100)
    expect(kms.pages).toEqual([1, 2])
    const [writes, reads] = [writer.actions.length, kms.reads.length]
    await clock.advance(INTERVAL)
    expect(kms.pages).toEqual([1, 2, 1, 2])
    expect([writer.actions.length, statuses.length, kms.reads.length]).toEqual([writes, 100, reads + 4])
  })

  it('reads few secrets twice when 100 resources start again', async () => {
    const writer = new MemoryWriter(digester)
    const first = findFixture(['app/a', 'app/b', 'app/c', 'app/d'], { writer })
    const resources = Array.from({ length: 100 }, (_none, at) =>
      resourceOf(specOf(APP), { name: `r${at}`, uid: `u${at}` }),
    )
    for (const resource of resources) first.engine.upsert(resource)
    await first.clock.advance(10_000)
    const status = first.status()
    await first.engine.close()
    const { kms, engine, clock } = findFixture(['app/a', 'app/b', 'app/c', 'app/d'], { writer })
    for (const resource of resources) engine.upsert({ ...resource, status })
    await clock.advance(10_000)
    expect(kms.sweeps).toBe(1)
    expect(kms.reads.length).toBeLessThanOrEqual(8)
  })

  it('stops listing when the last resource that finds is deleted', async () => {
    const { kms, sync, clock, engine } = findFixture(['app/a'])
    await sync(APP)
    engine.remove('default/web')
    await clock.advance(1_000)
    const pages = kms.pages.length
    await clock.advance(3 * INTERVAL)
    expect(kms.pages).toHaveLength(pages)
    expect(engine.stats().sweeps).toEqual({ lists: 0, failing: 0, secrets: 0, bytes: 0, waiting: 0 })
  })
})

describe('a secret that leaves the result', () => {
  it('loses its key after two reads that do not find it', async () => {
    const { kms, sync, keys, clock, status } = findFixture(['app/a', 'app/b'])
    await sync(APP)
    kms.secrets.delete('app/b')
    await clock.advance(INTERVAL + CONFIRMED)
    expect(keys()).toEqual({ a: 'value of app/a' })
    await clock.advance(INTERVAL)
    expect(status()).toMatchObject({ found: 1, conditions: [{ status: 'True' }] })
  })

  it('keeps its key after one read that does not find it, and over a restart until the second one', async () => {
    const writer = new MemoryWriter(digester)
    const manager = new ListingManager(['app/a', 'app/b'])
    const first = findFixture([], { writer, manager })
    await first.sync(APP)
    const [secret, reads] = [manager.secrets.get('app/b'), manager.reads.length]
    manager.secrets.delete('app/b')
    while (!manager.reads.slice(reads).includes('app/b')) await first.clock.advance(1_000)
    await first.clock.advance(2_000)
    expect(first.keys()).toHaveProperty('b')
    await first.engine.close()
    const second = findFixture([], { writer, manager })
    await second.sync(APP)
    expect(second.keys()).toHaveProperty('b')
    if (secret) manager.secrets.set('app/b', secret)
    await second.clock.advance(INTERVAL)
    expect(second.keys()).toHaveProperty('b')
  })

  it('keeps its key while it only moves between pages', async () => {
    const { kms, sync, keys, clock } = findFixture(['app/a', 'app/b', 'app/c', 'app/d', 'app/e'])
    await sync(APP)
    const before = keys()
    // Each sweep misses d: another secret is deleted before its page and one is created behind it, so that the count stays the same.
    for (const name of ['1', '2', '3', '4', '5', '6']) kms.secrets.set(`other/${name}`, { value: '' })
    const order = [...kms.secrets].toSorted(([one]) => (one.startsWith('other/') ? -1 : 1))
    kms.secrets.clear()
    for (const [name, secret] of order) kms.secrets.set(name, secret)
    const missed = new Set<string>()
    kms.beforePage = (page) => {
      if (page < 2) return
      const [gone = ''] = kms.secrets.keys()
      const slips = [...kms.secrets.keys()][(page - 1) * kms.pageSize] ?? ''
      if (!gone.startsWith('other/')) return
      missed.add(slips)
      kms.secrets.delete(gone)
      kms.put(`other/new${kms.pages.length}`)
    }
    await clock.advance(2 * INTERVAL)
    expect([...missed].filter((name) => name.startsWith('app/'))).not.toEqual([])
    expect(keys()).toEqual(before)
  })

  it('leaves when its deletion is scheduled, and returns when it is restored', async () => {
    const { kms, sync, keys, clock } = findFixture(['app/a', 'app/b'])
    await sync(APP)
    kms.secrets.set('app/b', { value: 'kept', isDeleted: true })
    await clock.advance(INTERVAL + CONFIRMED)
    expect(keys()).toEqual({ a: 'value of app/a' })
    kms.put('app/b', undefined, 'kept')
    await clock.advance(INTERVAL + CONFIRMED)
    expect(keys()).toEqual({ a: 'value of app/a', b: 'kept' })
  })

  it('leaves by its tags only after a second sweep', async () => {
    const { kms, sync, keys, clock } = findFixture([])
    kms.put('a', { team: 'web' })
    kms.put('b', { team: 'web' })
    await sync(byTag())
    await clock.advance(2 * INTERVAL)
    const sweeps = kms.sweeps
    kms.put('b', { team: 'other' })
    await clock.advance(INTERVAL)
    expect(kms.sweeps).toBe(sweeps + 1)
    expect(Object.keys(keys() ?? {})).toEqual(['a', 'b'])
    await clock.advance(INTERVAL)
    expect(Object.keys(keys() ?? {})).toEqual(['a'])
  })

  it('leaves by its tags after a restart only after a second sweep, too', async () => {
    const writer = new MemoryWriter(digester)
    const manager = new ListingManager()
    manager.put('a', { team: 'web' })
    manager.put('b', { team: 'web' })
    const first = findFixture([], { writer, manager })
    await first.sync(byTag())
    await first.engine.close()
    manager.put('b', {})
    const second = findFixture([], { writer, manager })
    await second.sync(byTag())
    expect(Object.keys(second.keys() ?? {})).toEqual(['a', 'b'])
    await second.clock.advance(INTERVAL)
    expect(Object.keys(second.keys() ?? {})).toEqual(['a'])
  })

  it('leaves at once when the spec no longer matches its name', async () => {
    const { sync, keys } = findFixture(['app/a', 'app/b'])
    await sync(APP)
    await sync(find({ name: { prefix: 'app/a' } }, { rewrite: [{ source: '^app/' }] }), { generation: 2 })
    expect(keys()).toEqual({ a: 'value of app/a' })
  })

  it('keeps the keys when nothing matches any more, and reports it', async () => {
    const { kms, sync, keys, clock, ready } = findFixture(['app/a'])
    await sync(APP)
    kms.secrets.clear()
    await clock.advance(2 * INTERVAL + CONFIRMED)
    expect(keys()).toEqual({ a: 'value of app/a' })
    expect(ready()).toBe('False NoData')
  })
})

describe('a sweep that fails', () => {
  it.each(['AccessDenied', 'InvalidResponse', 'Unavailable'] as const)(
    'with %s at its second page removes and adds no key',
    async (code) => {
      const { kms, sync, keys, clock } = findFixture(['app/a', 'app/b', 'app/c', 'app/d', 'app/e'])
      await sync(APP)
      const before = keys()
      kms.beforePage = (page) => {
        if (page === 2) kms.failures.push(code)
      }
      kms.put('app/f')
      await clock.advance(5 * INTERVAL)
      expect(keys()).toEqual(before)
      kms.beforePage = () => undefined
      await clock.advance(300_000 + INTERVAL)
      expect(keys()).toMatchObject({ ...before, f: 'value of app/f' })
    },
  )

  it('reports a missing permission at once, and goes on with the values that it knows', async () => {
    const { kms, sync, keys, clock, ready, message } = findFixture(['app/a'])
    await sync(APP)
    kms.beforePage = () => kms.failures.push('AccessDenied')
    kms.put('app/a', undefined, 'new')
    await clock.advance(INTERVAL + 1_000)
    expect(ready()).toBe('False Degraded')
    expect(message()).toContain('spec.dataFrom[0].find')
    expect(keys()).toEqual({ a: 'new' })
  })

  it('does not create the Secret before the first complete sweep', async () => {
    const { kms, sync, keys, clock } = findFixture(['app/a'])
    kms.failures.push('AccessDenied')
    await sync(APP)
    expect(keys()).toBe(undefined)
    await clock.advance(INTERVAL)
    expect(keys()).toEqual({ a: 'value of app/a' })
  })

  it('keeps all keys over a restart, ready until the list is stale', async () => {
    const writer = new MemoryWriter(digester)
    const manager = new ListingManager(['app/a', 'app/b'])
    const first = findFixture([], { writer, manager })
    await first.sync(APP)
    await first.engine.close()
    manager.beforePage = () => manager.failures.push('Unavailable')
    const { sync, keys, clock, ready } = findFixture([], { writer, manager })
    await sync(APP)
    expect([keys(), ready()]).toEqual([{ a: 'value of app/a', b: 'value of app/b' }, 'True Synced'])
    await clock.advance(8 * INTERVAL)
    expect(keys()).toEqual({ a: 'value of app/a', b: 'value of app/b' })
    expect(ready()).toMatch(/^False/)
  })

  it('waits for a page that is throttled', async () => {
    const { kms, sync, keys } = findFixture(['app/a', 'app/b', 'app/c', 'app/d'])
    kms.failures.push(undefined, 'Throttled', 'Throttled')
    await sync(APP)
    expect(Object.keys(keys() ?? {})).toHaveLength(4)
    expect(kms.pages).toEqual([1, 2, 2, 2])
  })
})

describe('what a find refuses', () => {
  it('more secrets than maxSecrets, with their number; the others are refreshed, and fewer are found again', async () => {
    const { kms, sync, keys, clock, ready, message } = findFixture(['app/a', 'app/b'])
    await sync(find({ path: 'app', maxSecrets: 2 }, { rewrite: [{ source: '^app/' }] }))
    const before = keys()
    kms.put('app/c')
    await clock.advance(INTERVAL + 1_000)
    kms.put('app/a', undefined, 'new')
    await clock.advance(INTERVAL + 1_000)
    expect(keys()).toEqual({ ...before, a: 'new' })
    expect(ready()).toBe('False Degraded')
    expect(message()).toContain('3 secrets match; the maximum is 2 (maxSecrets); narrow the find')
    expect(message()).toContain('(not added; the other keys are refreshed)')
    kms.secrets.delete('app/b')
    await clock.advance(2 * INTERVAL)
    expect(keys()).toEqual({ a: 'new', c: 'value of app/c' })
    expect(ready()).toBe('True Synced')
  })

  it('more secrets than maxSecrets from the start: nothing is written', async () => {
    const { kms, sync, keys, clock, ready, message } = findFixture(['app/a', 'app/b', 'app/c', 'other'])
    await sync({ ...find({ path: 'app', maxSecrets: 2 }), data: [{ key: 'other' }] })
    expect([keys(), ready()]).toEqual([undefined, 'False Degraded'])
    expect(message()).toContain('3 secrets match; the maximum is 2 (maxSecrets)')
    kms.secrets.delete('app/c')
    await clock.advance(INTERVAL + 1_000)
    expect(Object.keys(keys() ?? {})).toEqual(['other', 'app_a', 'app_b'])
  })

  it('two secrets with one key, with both names', async () => {
    const { sync, keys, ready, message } = findFixture(['app/a/b', 'app/a_b'])
    await sync(APP)
    expect(keys()).toBe(undefined)
    expect(ready()).toBe('False DuplicateKey')
    expect(message()).toContain('secrets app/a/b and app/a_b both become key a_b')
  })

  it('a key that an entry of data has, too', async () => {
    const { sync, message } = findFixture(['app/a', 'b'])
    await sync({ ...APP, data: [{ key: 'b', name: 'a' }] })
    expect(message()).toContain('app/a')
    expect(message()).toContain('key a')
  })

  it('a backend without a list, with what to do', async () => {
    const kms = new ListingManager(['app/a'])
    const backend = { ...kms.backend }
    delete backend.list
    const fixture = engineFixture(
      {},
      { resolveStore: () => ({ kind: 'ready', connection: { ...connectionOf(backend), kind: 'kms-instance' } }) },
    )
    fixture.upsert(APP)
    await fixture.clock.advance(1_000)
    expect(fixture.ready()).toBe('False InvalidSpec')
    expect(fixture.message()).toContain('the endpoint of a KMS instance cannot list secrets')
  })
})

describe('a store with an allow-list', () => {
  const allows = (name: string): boolean => name.startsWith('team/')

  it('shows nothing else: no key, no count, no error', async () => {
    const { kms, sync, keys, status, statuses, events } = findFixture(['team/a', 'prod/root', 'prod/a'], { allows })
    await sync(find({ name: { regexp: '.*' }, maxSecrets: 1 }, { rewrite: [{ source: '^.*/' }] }))
    expect(keys()).toEqual({ a: 'value of team/a' })
    expect(status()).toMatchObject({ found: 1, conditions: [{ status: 'True' }] })
    expect(kms.reads).toEqual(['team/a'])
    expect(JSON.stringify([statuses, events])).not.toContain('prod')
  })

  it.each([
    ['exists', { team: 'web' }],
    ['exists with other tags', { team: 'other' }],
    ['does not exist', undefined],
  ])(
    'has the same result for a name in the record, which a tenant can write, if the secret %s',
    async (_what, tags) => {
      const writer = new MemoryWriter(digester)
      const manager = new ListingManager()
      for (const name of ['team/a', 'prod/x']) manager.put(name, { team: 'web' })
      const all = findFixture([], { writer, manager })
      await all.sync(byTag())
      await all.engine.close()
      manager.reads.splice(0)
      if (tags === undefined) manager.secrets.delete('prod/x')
      else manager.put('prod/x', tags)
      const { sync, message, clock } = findFixture([], { writer, manager, allows })
      await sync(byTag())
      await clock.advance(3 * INTERVAL)
      expect(new Set(manager.reads)).toEqual(new Set(['team/a']))
      expect(message()).toBe('StoreNotAllowed: "prod/x": not allowed: prod/x (last values kept)')
    },
  )

  it('keeps the key of a secret that it no longer allows, and reports it', async () => {
    let isOpen = true
    const { engine, clock, sync, keys, ready } = findFixture(['team/a', 'prod/a'], {
      allows: (name) => isOpen || allows(name),
    })
    await sync(find({ name: { regexp: '/' } }))
    isOpen = false
    engine.storesChanged()
    await clock.advance(5_000)
    expect(Object.keys(keys() ?? {})).toEqual(['prod_a', 'team_a'])
    expect(ready()).toBe('False Degraded')
  })
})

it('never removes the key of a secret that exists, however the pages change', { timeout: PROPERTY_TIMEOUT_MS }, () =>
  assert(
    asyncProperty(
      array(
        record({
          page: integer({ min: 2, max: 4 }),
          // A deletion and a creation at once keep the count, so that only they hide that a secret was missed.
          how: constantFrom('replace', 'replace', 'replace', 'delete', 'create', 'move', 'fail', 'tag'),
          at: integer({ min: 0, max: 6 }),
        }),
        { maxLength: 30 },
      ),
      oneof(
        constantFrom(APP),
        constantFrom(find({ path: 'app', tags: { team: 'web' } }, { rewrite: [{ source: '^app/' }] })),
      ),
      async (changes, spec) => {
        const manager = new ListingManager()
        const stable = Array.from({ length: 6 }, (_none, at) => `app/stable${at}`)
        const others = Array.from({ length: 6 }, (_none, at) => `app/other${at}`)
        for (const [at, name] of stable.entries()) {
          manager.put(name, { team: 'web' })
          manager.put(others[at] ?? '', { team: 'web' })
        }
        const { sync, keys, clock, engine } = findFixture([], { manager })
        await sync(spec)
        const left = [...changes]
        let next = 0
        manager.beforePage = (page) => {
          const change = left[0]?.page === page ? left.shift() : undefined
          if (change === undefined) return
          const name = [...manager.secrets.keys()][change.at % manager.secrets.size] ?? ''
          if (change.how === 'fail') manager.failures.push('Unavailable')
          else if (change.how === 'create') manager.put(`app/new${(next += 1)}`, { team: 'web' })
          else if (change.how === 'move') {
            const secret = manager.secrets.get(name)
            manager.secrets.delete(name)
            if (secret) manager.secrets.set(name, secret)
          } else if (name.startsWith('app/stable')) return
          else if (change.how === 'delete') manager.secrets.delete(name)
          else if (change.how === 'replace') {
            manager.secrets.delete(name)
            manager.put(`app/new${(next += 1)}`, { team: 'web' })
          } else manager.put(name, { team: 'other' })
        }
        for (let at = 0; at < 12; at += 1) {
          await clock.advance(INTERVAL)
          expect(Object.keys(keys() ?? {})).toEqual(
            expect.arrayContaining(stable.map((name) => name.slice('app/'.length))),
          )
        }
        await engine.close()
      },
    ),
    { numRuns: propertyRuns(60) },
  ),
)
