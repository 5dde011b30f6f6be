import type { BackendConnection, ReadErrorCode } from '@ack-secret-manager/core'
import { describe, expect, it } from 'vitest'
import { RateLimits } from './read-queue/rate-limit.ts'
import { FakeManager, Harness } from '../testing/source-pool-harness.ts'

const INTERVAL_MS = 30_000

function namesOf(count: number, prefix = 'db'): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}-${index}`)
}

/** Many secrets that were read, each by a separate resource. */
async function synced(
  harness: Harness,
  names: readonly string[],
  subscriberOf = (name: string): string => name,
): Promise<void> {
  for (const name of names) harness.manager.change(name)
  await Promise.all([
    ...names.map((name) => harness.sync(subscriberOf(name), [name], INTERVAL_MS)),
    harness.clock.advance(5_000),
  ])
  await harness.clock.advance(2 * INTERVAL_MS)
  harness.notifications.length = 0
  harness.manager.calls.length = 0
}

function away(harness: Harness, names: readonly string[], code: ReadErrorCode = 'Unavailable', retryAfterMs?: number) {
  for (const name of names) {
    harness.manager.faults.set(name, { code, ...(retryAfterMs === undefined ? {} : { facts: { retryAfterMs } }) })
  }
}

describe('an outage of a connection', () => {
  it.each(['Unavailable', 'Timeout', 'InvalidResponse'] as const)(
    'of 35 s (%s) costs some probes, and all 1,000 values follow within N/450 + 5 s of its end',
    async (code) => {
      await using harness = new Harness({ rateLimits: new RateLimits() })
      const names = namesOf(1_000)
      await synced(harness, names)
      away(harness, names, code)
      await harness.clock.advance(35_000)
      const calls = harness.manager.calls.length
      expect(calls).toBeLessThanOrEqual(36)
      harness.manager.faults.clear()
      for (const name of names) harness.manager.change(name)
      harness.notifications.length = 0
      const backMs = harness.clock.monotonic()
      await harness.clock.advance(INTERVAL_MS)
      const arrived = harness.notifications.filter(({ change }) => change === 'value')
      expect(arrived).toHaveLength(1_000)
      const lastMs = Math.max(...arrived.map(({ atMs }) => atMs)) - backMs
      console.log(
        `${code} for 35 s, 1,000 secrets: ${calls} calls meanwhile, the last value ${lastMs} ms after the end`,
      )
      expect(lastMs).toBeLessThanOrEqual((1_000 / 450) * 1_000 + 5_000)
    },
  )

  it('is not caused by names that the manager rejects as malformed: they are read at the interval, and others continue', async () => {
    await using harness = new Harness()
    const [names, malformed] = [namesOf(5), namesOf(3, 'a b')]
    await synced(harness, names)
    for (const name of malformed) {
      harness.manager.faults.set(name, { code: 'InvalidSpec', facts: { httpStatus: 400 } })
      expect(await harness.sync(name, [name], INTERVAL_MS)).toEqual({ [name]: 'InvalidSpec' })
    }
    expect(harness.pool.stats().circuits).toContainEqual({ backend: 'fake', state: 'closed', count: 1 })
    harness.manager.calls.length = 0
    await harness.clock.advance(10 * INTERVAL_MS)
    for (const name of [...names, ...malformed]) expect(harness.manager.callsOf(name)).toHaveLength(10)
  })

  it('is probed at most once a second, and at least every 30 s', async () => {
    await using harness = new Harness()
    const names = namesOf(100)
    await synced(harness, names)
    away(harness, names)
    await harness.clock.advance(3_600_000)
    const atMs = harness.manager.calls.map((call) => call.atMs).slice(3)
    const pauses = atMs.slice(1).map((at, index) => at - (atMs[index] ?? 0))
    expect(Math.min(...pauses)).toBeGreaterThanOrEqual(1_000)
    expect(Math.max(...pauses)).toBeLessThanOrEqual(30_050)
    expect(new Set(harness.manager.calls.map(({ name }) => name)).size).toBe(100)
  })

  it('notifies each resource when its read is due, and once when its value is stale', async () => {
    await using harness = new Harness()
    const names = namesOf(20)
    await synced(harness, names)
    away(harness, names)
    await harness.clock.advance(INTERVAL_MS)
    expect(harness.takeNotifications().toSorted()).toEqual(names.map((name) => `${name} failed ${name}`).toSorted())
    await harness.clock.advance(10 * INTERVAL_MS)
    expect(harness.takeNotifications().toSorted()).toEqual(names.map((name) => `${name} stale ${name}`).toSorted())
  })

  it('fails requests immediately, without a call', async () => {
    await using harness = new Harness()
    const names = namesOf(20)
    await synced(harness, names)
    away(harness, [...names, 'new'])
    await harness.clock.advance(60_000)
    const calls = harness.manager.calls.length
    harness.subscribe('newcomer', ['new'], INTERVAL_MS)
    expect(await harness.values('newcomer', ['new'])).toEqual({ new: 'Unavailable' })
    expect(harness.manager.calls).toHaveLength(calls)
    harness.manager.change('new')
    harness.manager.faults.clear()
    await harness.clock.advance(30_000)
    expect(harness.takeNotifications()).toContain('newcomer value new')
  })

  it('ends with sources without a value first', async () => {
    await using harness = new Harness({ rateLimits: new RateLimits({ qps: 10 }) })
    const names = namesOf(20)
    await synced(harness, names)
    away(harness, [...names, 'new'])
    await harness.clock.advance(60_000)
    harness.subscribe('newcomer', ['new'], INTERVAL_MS)
    await harness.values('newcomer', ['new'])
    harness.manager.change('new')
    harness.manager.faults.clear()
    harness.manager.calls.length = 0
    await harness.clock.advance(30_000)
    expect(harness.manager.calls.slice(0, 2).map(({ name }) => name)).toContain('new')
  })

  it('respects Retry-After', async () => {
    await using harness = new Harness()
    const names = namesOf(20)
    await synced(harness, names)
    away(harness, names, 'Unavailable', 120_000)
    await harness.clock.advance(INTERVAL_MS)
    expect(harness.manager.calls).toHaveLength(3)
    harness.pool.refreshNow('db-0')
    await harness.clock.advance(85_000)
    expect(harness.manager.calls).toHaveLength(3)
    await harness.clock.advance(INTERVAL_MS)
    expect(harness.manager.calls).toHaveLength(4)
  })

  it.each(['Throttled', 'Unavailable'] as const)(
    'does not shorten an earlier Retry-After of one secret (%s)',
    async (code) => {
      await using harness = new Harness()
      const names = namesOf(20)
      await synced(harness, [...names, 'asks'])
      away(harness, ['asks'], code, 600_000)
      await harness.clock.advance(INTERVAL_MS)
      away(harness, names)
      await harness.clock.advance(60_000)
      harness.manager.faults.clear()
      await harness.clock.advance(120_000)
      expect(harness.manager.callsOf('asks')).toHaveLength(1)
    },
  )

  it('ends with a refusal too, because it is a response', async () => {
    await using harness = new Harness()
    const names = namesOf(20)
    await synced(harness, names)
    away(harness, names)
    await harness.clock.advance(60_000)
    away(harness, names, 'AccessDenied')
    harness.manager.calls.length = 0
    await harness.clock.advance(10_000)
    expect(new Set(harness.manager.calls.map(({ name }) => name)).size).toBe(20)
  })
})

describe('not an outage of a connection', () => {
  it.each(['NotFound', 'AccessDenied', 'Unauthenticated', 'Throttled'] as const)(
    'a response to every read (%s): all are read',
    async (code) => {
      await using harness = new Harness()
      const names = namesOf(20)
      await synced(harness, names)
      away(harness, names, code)
      await harness.clock.advance(INTERVAL_MS)
      expect(new Set(harness.manager.calls.map(({ name }) => name)).size).toBe(20)
    },
  )

  it('failures of some secrets: they back off, the others keep their interval', async () => {
    await using harness = new Harness()
    const [fine, failing] = [namesOf(20, 'fine'), namesOf(5, 'failing')]
    await synced(harness, [...fine, ...failing])
    away(harness, failing)
    await harness.clock.advance(20 * INTERVAL_MS)
    for (const name of fine) expect(harness.manager.callsOf(name).length).toBeGreaterThanOrEqual(19)
    expect(harness.takeNotifications().filter((takeNotifications) => takeNotifications.includes('fine'))).toEqual([])
  })

  it('failures of the few due reads: a requested read of another source is sent at once', async () => {
    await using harness = new Harness()
    const failing = namesOf(3, 'failing')
    await synced(harness, failing)
    away(harness, failing)
    await harness.clock.advance(600_000)
    harness.manager.change('fine')
    expect(await harness.sync('b', ['fine'])).toEqual({ fine: 'v1' })
  })
})

describe('many secrets of one namespace that fail', () => {
  const [names, broken] = [namesOf(300), namesOf(200, 'broken')]
  const subscriberOf = (name: string): string => (names.includes(name) ? `shop/${name}` : `tenant/${name}`)

  /** A sync of the tenant waits for all its secrets, and for `requested` ones even if they have just failed. */
  function request(harness: Harness, some: readonly string[], force = false): void {
    harness.values('tenant/all', some, force).catch(() => undefined)
  }

  async function failing(wereRead: boolean): Promise<Harness> {
    const harness = new Harness({ rateLimits: new RateLimits() })
    await synced(harness, wereRead ? [...names, ...broken] : names, subscriberOf)
    away(harness, broken)
    harness.subscribe('tenant/all', broken, INTERVAL_MS)
    request(harness, broken)
    return harness
  }

  it.each([
    ['from the start', false, 0],
    ['from some time on', true, 0],
    ['and of which one is requested every second', true, 1],
  ] as const)('%s, do not delay others', async (_case, wereRead, requested) => {
    await using harness = await failing(wereRead)
    const agesMs: number[] = []
    for (let seconds = 0; seconds < 120; seconds += 1) {
      if (requested > 0) request(harness, broken.slice(0, requested), true)
      await harness.clock.advance(1_000)
      agesMs.push(...names.map((name) => harness.pool.ageMs(subscriberOf(name)) ?? Infinity))
    }
    expect(Math.max(...agesMs)).toBeLessThanOrEqual(INTERVAL_MS + 5_000)
  })

  it('do not delay the other secrets of their own namespace', async () => {
    await using harness = new Harness({ rateLimits: new RateLimits() })
    await synced(harness, names, subscriberOf)
    const many = namesOf(1_000, 'broken')
    away(harness, many)
    harness.subscribe('shop/all', many, INTERVAL_MS)
    harness.values('shop/all', many).catch(() => undefined)
    const agesMs: number[] = []
    for (let seconds = 0; seconds < 120; seconds += 1) {
      await harness.clock.advance(1_000)
      agesMs.push(...names.map((name) => harness.pool.ageMs(subscriberOf(name)) ?? Infinity))
    }
    expect(Math.max(...agesMs)).toBeLessThanOrEqual(INTERVAL_MS + 5_000)
  })

  it('do not hide an outage: it costs some probes, and all values follow within 5 s of its end', async () => {
    await using harness = await failing(false)
    await harness.clock.advance(120_000)
    away(harness, names)
    await harness.clock.advance(3_000)
    harness.manager.calls.length = 0
    await harness.clock.advance(35_000)
    expect(harness.manager.calls.length).toBeLessThanOrEqual(36)
    for (const name of names) {
      harness.manager.faults.delete(name)
      harness.manager.change(name)
    }
    harness.notifications.length = 0
    await harness.clock.advance(5_000)
    const arrived = harness.notifications.filter(({ change, name }) => change === 'value' && names.includes(name))
    expect(arrived).toHaveLength(names.length)
  })
})

describe('connections', () => {
  const HOST = 'kms.cn-hangzhou.aliyuncs.com'
  const connectionOf = (harness: Harness, tenant: string, backend = harness.manager): BackendConnection => ({
    ...harness.connection(tenant, backend),
    endpoint: HOST,
  })

  async function read(harness: Harness, tenant: string, name: string, manager: FakeManager): Promise<string> {
    const reads = harness.reads([name], connectionOf(harness, tenant, manager))
    harness.pool.subscribe(tenant, reads, INTERVAL_MS)
    const values = harness.pool.values(tenant, reads, { signal: new AbortController().signal })
    await harness.clock.advance(0)
    harness.pool.ack(tenant)
    return [...(await values).values()].map(({ kind }) => kind).join()
  }

  it('of one tenant that are broken do not delay others, even at the same endpoint', async () => {
    await using harness = new Harness()
    const broken = new FakeManager(harness.clock)
    for (const tenant of namesOf(50, 'broken')) {
      broken.faults.set(tenant, { code: 'Unavailable' })
      expect(await read(harness, tenant, tenant, broken)).toBe('error')
    }
    harness.manager.change('fine')
    expect(await read(harness, 'victim', 'fine', harness.manager)).toBe('value')
    await harness.clock.advance(10 * INTERVAL_MS)
    expect(harness.manager.callsOf('fine').length).toBe(11)
  })

  it('of one endpoint share one probe a second, and all continue once one has reached it', async () => {
    await using harness = new Harness()
    const tenants = namesOf(50, 'tenant')
    for (const tenant of tenants) {
      harness.manager.change(tenant)
      await read(harness, tenant, tenant, harness.manager)
    }
    await harness.clock.advance(2 * INTERVAL_MS)
    away(harness, tenants)
    await harness.clock.advance(INTERVAL_MS)
    harness.manager.calls.length = 0
    await harness.clock.advance(10 * INTERVAL_MS)
    const pauses = harness.manager.calls
      .slice(1)
      .map(({ atMs }, index) => atMs - (harness.manager.calls[index]?.atMs ?? 0))
    expect(Math.min(...pauses)).toBeGreaterThanOrEqual(1_000)
    harness.manager.faults.clear()
    harness.notifications.length = 0
    await harness.clock.advance(5_000)
    expect(harness.notifications.filter(({ change }) => change === 'recovered')).toHaveLength(50)
  })

  it('of a new outage are probed before those of old ones at the same endpoint', async () => {
    await using harness = new Harness()
    const broken = new FakeManager(harness.clock)
    for (const tenant of namesOf(200, 'broken')) {
      broken.faults.set(tenant, { code: 'Unavailable' })
      await read(harness, tenant, tenant, broken)
    }
    await harness.clock.advance(3_600_000)
    harness.manager.change('fine')
    await read(harness, 'victim', 'fine', harness.manager)
    away(harness, ['fine'])
    await harness.clock.advance(INTERVAL_MS)
    harness.manager.faults.clear()
    const backMs = harness.clock.monotonic()
    harness.notifications.length = 0
    await harness.clock.advance(60_000)
    const recovered = harness.notifications.find(({ subscriber }) => subscriber === 'victim')
    expect((recovered?.atMs ?? Infinity) - backMs).toBeLessThanOrEqual(6_000)
  })
})
