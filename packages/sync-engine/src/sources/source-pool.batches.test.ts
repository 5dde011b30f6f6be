import type { BackendConnection, ReadErrorCode, SecretSyncError } from '@ack-secret-manager/core'
import { describe, expect, it } from 'vitest'
import { BatchingManager } from '../testing/batching-manager.ts'
import { PROPERTY_TIMEOUT_MS, propertyRuns } from '../testing/property-runs.ts'
import { Harness } from '../testing/source-pool-harness.ts'
import { RateLimits } from './read-queue/rate-limit.ts'
import type { SourcePoolOptions } from './source-pool-options.ts'

const INTERVAL_MS = 100_000
const MINUTE_MS = 60_000

function namesOf(count: number): string[] {
  return Array.from({ length: count }, (_none, index) => `s${index}`)
}

interface BatchHarness extends Harness {
  readonly manager: BatchingManager
}

function harnessOf(count: number, options: Partial<SourcePoolOptions> = {}): BatchHarness {
  const harness = new Harness({ batches: {}, ...options }, (clock) => new BatchingManager(clock)) as BatchHarness
  for (const name of namesOf(count)) harness.manager.change(name)
  return harness
}

/** Counts from here on. */
function forgetCalls({ manager }: BatchHarness): void {
  manager.calls.length = 0
  manager.batches.length = 0
}

/** A harness whose only subscriber has read `count` secrets with one request for all. */
async function started(count: number, options: Partial<SourcePoolOptions> = {}): Promise<BatchHarness> {
  const harness = harnessOf(count, options)
  await harness.sync('shop/a', namesOf(count), INTERVAL_MS)
  return harness
}

describe('batches', () => {
  it('read what a sync waits for at once, up to 20 secrets a call', async () => {
    await using harness = harnessOf(45)
    const { manager } = harness
    expect(Object.values(await harness.sync('shop/a', namesOf(45)))).toEqual(namesOf(45).map(() => 'v1'))
    expect(manager.batches.map(({ names, atMs }) => [names.length, atMs])).toEqual([
      [20, 0],
      [20, 0],
      [5, 0],
    ])
    expect(manager.calls).toEqual([])
  })

  it('read each secret once an interval, at moments that never move', async () => {
    await using harness = await started(400)
    forgetCalls(harness)
    await harness.clock.advance(INTERVAL_MS)
    const { manager } = harness
    const read = [...manager.batches.flatMap(({ names }) => names), ...manager.calls.map(({ name }) => name)]
    expect(read.toSorted()).toEqual(namesOf(400).toSorted())
    expect(manager.requests).toBeLessThanOrEqual(50)
    const moments = new Map(manager.batches.flatMap(({ names, atMs }) => names.map((name) => [name, atMs] as const)))
    forgetCalls(harness)
    await harness.clock.advance(INTERVAL_MS)
    for (const { names, atMs } of manager.batches)
      for (const name of names) expect(atMs - (moments.get(name) ?? 0)).toBe(INTERVAL_MS)
  })

  it('are not used without the option, or for a backend without them', async () => {
    await using off = harnessOf(40, { batches: undefined })
    await off.sync('shop/a', namesOf(40))
    expect([off.manager.batches.length, off.manager.calls.length]).toEqual([0, 40])
    await using lacking = new Harness({ batches: {} })
    for (const name of namesOf(40)) lacking.manager.change(name)
    await lacking.sync('shop/a', namesOf(40))
    expect(lacking.manager.calls).toHaveLength(40)
  })

  it('never contain a secret twice', async () => {
    await using harness = harnessOf(3)
    const connection = harness.connection()
    const stages = ['ACSCurrent', 'ACSPrevious'].flatMap((versionStage) =>
      namesOf(3).map((name) => ({
        key: `${name} ${versionStage}` as never,
        ref: { name, versionStage },
        connection,
      })),
    )
    harness.pool.subscribe('shop/a', stages, INTERVAL_MS)
    await harness.pool.values('shop/a', stages, { signal: new AbortController().signal })
    expect(harness.manager.batches.map(({ names }) => names.toSorted())).toEqual([namesOf(3), namesOf(3)])
  })

  it.each([
    ['the first', ['s0']],
    ['the last', ['s4']],
    ['all but one', ['s0', 's1', 's2', 's3']],
  ])('never contain a secret that can only be read alone: %s', async (_which, alone) => {
    await using harness = harnessOf(5)
    const { manager } = harness
    manager.mode = { refusal: 'entry', call: 'works', alone: new Set(alone) }
    const readings = await harness.sync('shop/a', namesOf(5), INTERVAL_MS)
    expect(Object.values(readings)).toEqual(namesOf(5).map(() => 'v1'))
    await harness.clock.advance(INTERVAL_MS)
    const shared = manager.batches.flatMap(({ names }) => names)
    expect(shared.filter((name) => alone.includes(name))).toEqual([])
    if (alone.length < 4) expect(new Set(shared)).toEqual(new Set(namesOf(5).filter((name) => !alone.includes(name))))
  })

  it('are as large as without the secrets that can only be read alone', async () => {
    await using harness = harnessOf(100)
    harness.manager.mode = { refusal: 'entry', call: 'works', alone: new Set(namesOf(80)) }
    await harness.sync('shop/a', ['s80', ...namesOf(100).filter((name) => name !== 's80')])
    expect(harness.manager.batches.map(({ names }) => names.length)).toEqual([20])
  })

  it('take one slot, and a token for each secret unless the batch cost is lower', async () => {
    const limits = { rateLimits: new RateLimits({ qps: 80 }), maxConcurrentReads: 4 }
    await using harness = harnessOf(100, limits)
    const reading = harness.sync('shop/a', namesOf(100))
    // A burst of an eighth of the rate.
    expect(harness.manager.batches.map(({ names }) => names.length)).toEqual([10])
    await harness.clock.advance(2_000)
    await reading
    const times = harness.manager.batches.map(({ atMs }) => atMs)
    expect(times.at(-1)).toBeGreaterThanOrEqual(1_000)
    expect(harness.manager.mostAtOnce.inAll).toBeLessThanOrEqual(40)
  })

  it('keep the limit of a store, and leave no room for its secrets that wait for it', async () => {
    await using harness = harnessOf(100)
    const { manager, pool, clock } = harness
    const budget = { store: 'bank/kms', isShared: false, maxPerSecond: 5 }
    const limited = harness.reads(namesOf(30)).map((read) => ({ ...read, budget }))
    const free = harness.reads(namesOf(100).slice(30))
    pool.subscribe('bank/a', limited, 1_000)
    pool.subscribe('shop/a', free, 1_000)
    for (const [subscriber, reads] of [
      ['bank/a', limited],
      ['shop/a', free],
    ] as const) {
      pool.values(subscriber, reads, { signal: new AbortController().signal }).catch(() => undefined)
    }
    await clock.advance(10_000)
    forgetCalls(harness)
    await clock.advance(20_000)
    const read = [...manager.batches.flatMap(({ names }) => names), ...manager.calls.map(({ name }) => name)]
    const isLimited = (name: string): boolean => Number(name.slice(1)) < 30
    expect(read.filter(isLimited).length).toBeGreaterThanOrEqual(98)
    expect(read.filter(isLimited).length).toBeLessThanOrEqual(101)
    expect(read.filter((name) => !isLimited(name)).length).toBeGreaterThanOrEqual(70 * 19)
    expect(manager.batches.some(({ names }) => names.some(isLimited))).toBe(true)
  })

  it('are counted with their secrets and the result of the call', async () => {
    const batches: Array<readonly [number, string]> = []
    const observer = {
      read: () => undefined,
      batch: (_kind: string, secrets: number, error?: { readonly code: string }) =>
        void batches.push([secrets, error?.code ?? 'ok']),
    }
    await using harness = harnessOf(25, { observer, readTimeoutMs: 2_000 })
    const { manager, clock } = harness
    await harness.sync('shop/a', namesOf(25))
    expect(batches.splice(0)).toEqual([
      [20, 'ok'],
      [5, 'ok'],
    ])
    manager.mode = { refusal: 'entry', call: 'unknown' }
    harness.pool.refreshNow('shop/a')
    await clock.advance(1_000)
    expect(batches.splice(0)).toContainEqual([20, 'InvalidResponse'])

    await using leaving = harnessOf(2, { observer })
    leaving.manager.latencyMs = 1_000
    const waiting = leaving.sync('shop/b', namesOf(2)).catch(() => undefined)
    leaving.pool.unsubscribe('shop/b')
    await waiting
    expect(batches).toEqual([[2, 'Cancelled']])
  })

  it.each(['Throttled', 'Unauthenticated'] as const)(
    'count as %s if that is the result of each secret, but not if it is that of some',
    async (code) => {
      const counted: string[] = []
      const observer = {
        read: () => undefined,
        batch: (_kind: string, _secrets: number, error?: SecretSyncError) => counted.push(error?.code ?? 'ok'),
      }
      for (const failing of [namesOf(20), namesOf(19)]) {
        await using harness = harnessOf(20, { observer })
        for (const name of failing) harness.manager.faults.set(name, { code })
        const readings = await harness.sync('shop/a', namesOf(20))
        expect(Object.values(readings).filter((said) => said === code)).toHaveLength(failing.length)
      }
      expect(counted).toEqual([code, 'ok'])
    },
  )

  it('go on for the others when a subscriber leaves, and end when none is left', async () => {
    await using harness = harnessOf(4)
    const { manager, pool } = harness
    manager.latencyMs = 1_000
    harness.subscribe('shop/a', ['s0', 's1'])
    harness.subscribe('shop/b', ['s2'])
    pool.refreshNow('shop/a')
    const readings = [harness.values('shop/a', ['s0', 's1']), harness.values('shop/b', ['s2'])]
    pool.unsubscribe('shop/a')
    await expect(readings[0]).rejects.toMatchObject({ code: 'Cancelled' })
    await harness.clock.advance(1_000)
    expect(await readings[1]).toEqual({ s2: 'v1' })
    const left = harness.sync('shop/c', ['s0', 's1', 's3'])
    left.catch(() => undefined)
    pool.unsubscribe('shop/c')
    await expect(left).rejects.toMatchObject({ code: 'Cancelled' })
    expect(namesOf(4).map((name) => manager.underWay(name))).toEqual([0, 0, 0, 0])
  })
})

describe('a batch that is refused as a whole', () => {
  it('is halved once; the offender is read alone for ten minutes, and the others are not delayed', async () => {
    await using harness = harnessOf(20)
    const { manager } = harness
    manager.mode = { refusal: 'call', call: 'works' }
    manager.faults.set('s13', { code: 'AccessDenied' })
    manager.latencyMs = 10
    const reading = harness.sync('shop/a', namesOf(20), INTERVAL_MS)
    await harness.clock.advance(30)
    const readings = await reading
    expect(Object.entries(readings).filter(([, said]) => said !== 'v1')).toEqual([['s13', 'AccessDenied']])
    // The batch, its halves, and the ten of the refused half.
    expect(manager.batches.map(({ names }) => names.length)).toEqual([20, 10, 10])
    expect(manager.calls).toHaveLength(10)
    forgetCalls(harness)
    await harness.clock.advance(9 * MINUTE_MS)
    expect(manager.batches.flatMap(({ names }) => names)).not.toContain('s13')
    expect(manager.callsOf('s13')).toHaveLength(6)
  })

  it('gives each secret the same outcome as a single read', async () => {
    await using harness = harnessOf(20)
    const { manager } = harness
    manager.mode = { refusal: 'call', call: 'works' }
    manager.secrets.delete('s3')
    manager.faults.set('s4', { code: 'InvalidSpec' })
    const readings = await harness.sync('shop/a', namesOf(20), INTERVAL_MS)
    expect([readings['s2'], readings['s3'], readings['s4']]).toEqual(['v1', 'NotFound', 'InvalidSpec'])
  })

  it.each([
    ['denied', 0, 30],
    // After pauses of 10, 40, 160 and 640 minutes.
    ['silent', 10, 3],
  ] as const)(
    'suspends batches for an identity that may not make the call (%s), and reports it once',
    async (call, onFirstDay, onNextDay) => {
      const reported: BackendConnection[] = []
      await using harness = harnessOf(20, { batches: { onDenied: (connection) => reported.push(connection) } })
      const { manager } = harness
      manager.mode = { refusal: 'call', call }
      const readings = await harness.sync('shop/a', namesOf(20), 5 * MINUTE_MS)
      expect(new Set(Object.values(readings))).toEqual(new Set(['v1']))
      expect(reported.map(({ key }) => key)).toEqual(['connection of account'])
      forgetCalls(harness)
      await harness.clock.advance(23 * 60 * MINUTE_MS)
      expect(manager.batches.length).toBeLessThanOrEqual(onFirstDay)
      if (call === 'silent') expect(manager.batches.length).toBeGreaterThanOrEqual(4)
      forgetCalls(harness)
      await harness.clock.advance(24 * 60 * MINUTE_MS)
      expect(manager.batches.length).toBeGreaterThan(0)
      expect(manager.batches.length).toBeLessThanOrEqual(onNextDay)
      expect(reported).toHaveLength(1)
    },
  )

  it.each(['NotFound', 'Unavailable'] as const)(
    'because of a secret that was never read (%s) is the last one of its namespace for ten minutes',
    async (code) => {
      const failed: string[] = []
      const observer = {
        read: () => undefined,
        batch: (_kind: string, _secrets: number, error?: SecretSyncError) => void (error && failed.push(error.code)),
      }
      await using harness = harnessOf(60, { observer, maxConcurrentReads: 1 })
      const { manager, pool, clock } = harness
      manager.mode = { refusal: 'call', call: 'works' }
      manager.latencyMs = 50
      const synced = harness.sync('shop/a', namesOf(60), 'off')
      await clock.advance(1_000)
      await synced
      let count = 0
      /** Ten times a new secret of a tenant waits together with the secrets of the shop. @returns failed batches */
      const failures = async (): Promise<number> => {
        failed.length = 0
        for (let round = 0; round < 10; round += 1) {
          await clock.advance(20_000)
          const name = `broken${(count += 1)}`
          manager.change(name)
          manager.faults.set(name, { code })
          pool.refreshNow('shop/a')
          harness.sync(`tenant/${name}`, [name], 'off').catch(() => undefined)
          await clock.advance(5_000)
          pool.unsubscribe(`tenant/${name}`)
        }
        return failed.length
      }
      // The batch, and its refused half.
      expect(await failures()).toBe(code === 'NotFound' ? 2 : 1)
      expect(await failures()).toBe(0)
      await clock.advance(10 * MINUTE_MS)
      expect(await failures()).toBe(code === 'NotFound' ? 2 : 1)
    },
  )

  it('says nothing about the identity if a secret of it is dropped before its single read', async () => {
    const reported: BackendConnection[] = []
    await using harness = harnessOf(3, { batches: { onDenied: (connection) => reported.push(connection) } })
    const { manager, pool, clock } = harness
    manager.mode = { refusal: 'call', call: 'works' }
    manager.faults.set('s2', { code: 'AccessDenied' })
    manager.latencyMs = 50
    harness.subscribe('shop/a', ['s0', 's1'], 'off')
    for (let round = 0; round < 10; round += 1) {
      const reading = harness.sync('bank/b', namesOf(3), 'off')
      reading.catch(() => undefined)
      await clock.advance(10)
      pool.unsubscribe('bank/b')
      await expect(reading).rejects.toMatchObject({ code: 'Cancelled' })
      await clock.advance(300)
      // New sources, which have no value.
      pool.unsubscribe('shop/a')
      harness.subscribe('shop/a', ['s0', 's1'], 'off')
    }
    expect(manager.batches.filter(({ names }) => names.includes('s2')).length).toBeGreaterThanOrEqual(5)
    expect(reported).toEqual([])
  })

  it.each([
    ['one denied secret', 'AccessDenied'],
    ['one missing secret', 'NotFound'],
    ['one malformed name', 'InvalidSpec'],
  ] as const)('for %s that is readable alone a moment later suspends nothing', async (_what, code) => {
    const reported: BackendConnection[] = []
    await using harness = harnessOf(3, { batches: { onDenied: (connection) => reported.push(connection) } })
    const { manager, clock, pool } = harness
    await harness.sync('shop/a', namesOf(3), 'off')
    manager.mode = { refusal: 'call', call: 'works' }
    manager.latencyMs = 50
    const refuse = async (): Promise<void> => {
      // A refresh reads each secret at most once a second.
      await clock.advance(5_000)
      forgetCalls(harness)
      manager.faults.set('s2', { code })
      pool.refreshNow('shop/a')
      await clock.advance(50)
      manager.faults.clear()
      await clock.advance(50)
      expect([manager.batches.length, manager.calls.length]).toEqual([1, 3])
    }
    const callsOfRefresh = async (): Promise<readonly number[]> => {
      // A refresh reads each secret at most once a second.
      await clock.advance(5_000)
      forgetCalls(harness)
      pool.refreshNow('shop/a')
      await clock.advance(100)
      return [manager.batches.length, manager.calls.length]
    }
    // Two denials are no proof, and a good batch voids them; of the others none is.
    for (const rounds of code === 'AccessDenied' ? [2, 2] : [6, 6]) {
      for (let round = 0; round < rounds; round += 1) {
        await refuse()
        // Batches pause, but not because of the identity.
        if (code !== 'AccessDenied') expect(await callsOfRefresh()).toEqual([0, 3])
        await clock.advance(10 * MINUTE_MS)
      }
      expect(await callsOfRefresh()).toEqual([1, 0])
    }
    expect(reported).toEqual([])
  })

  it('is the last at an endpoint that does not support the call', async () => {
    await using harness = harnessOf(40)
    const { manager } = harness
    manager.mode = { refusal: 'entry', call: 'unknown' }
    const readings = await harness.sync('shop/a', namesOf(40), INTERVAL_MS)
    expect(new Set(Object.values(readings))).toEqual(new Set(['v1']))
    forgetCalls(harness)
    await harness.clock.advance(100 * MINUTE_MS)
    expect(manager.batches).toEqual([])
    expect(manager.calls).toHaveLength(40 * 60)
  })
})

describe('a batch without a usable response', () => {
  it('reads a secret that the response omits alone', async () => {
    await using harness = harnessOf(20)
    harness.manager.mode = { refusal: 'entry', call: 'works', omits: new Set(['s7']) }
    const readings = await harness.sync('shop/a', namesOf(20), INTERVAL_MS)
    expect(new Set(Object.values(readings))).toEqual(new Set(['v1']))
    expect(harness.manager.calls.map(({ name }) => name)).toEqual(['s7'])
  })

  it.each(['omits', 'malformed'] as const)(
    'reads a secret without a usable entry alone for ten minutes (%s), and the others together',
    async (defect) => {
      await using harness = harnessOf(20)
      const { manager, clock, pool } = harness
      manager.mode = { refusal: 'entry', call: 'works', [defect]: new Set(['s7']) }
      const readings = await harness.sync('shop/a', namesOf(20), 'off')
      expect(new Set(Object.values(readings))).toEqual(new Set(['v1']))
      const sizesAfter = async (ms: number): Promise<readonly number[]> => {
        await clock.advance(ms)
        forgetCalls(harness)
        pool.refreshNow('shop/a')
        await clock.advance(0)
        expect(manager.calls.map(({ name }) => name)).toEqual(['s7'])
        return manager.batches.map(({ names }) => names.length)
      }
      expect(manager.calls.map(({ name }) => name)).toEqual(['s7'])
      expect(await sizesAfter(9 * MINUTE_MS)).toEqual([19])
      expect(await sizesAfter(2 * MINUTE_MS)).toEqual([20])
      expect(await sizesAfter(2 * MINUTE_MS)).toEqual([19])
      expect(new Set(harness.observed)).toEqual(new Set(['changed', 'unchanged']))
    },
  )

  it.each(['omits', 'malformed'] as const)(
    'has failed if no entry is usable (%s): its secrets are read alone, and batches pause ever longer',
    async (defect) => {
      const counted: string[] = []
      const observer = {
        read: () => undefined,
        batch: (_kind: string, _secrets: number, error?: { readonly code: string }) =>
          counted.push(error?.code ?? 'ok'),
      }
      await using harness = harnessOf(40, { observer })
      const { manager, clock } = harness
      manager.mode = { refusal: 'entry', call: 'works', [defect]: new Set(namesOf(40)) }
      const readings = await harness.sync('shop/a', namesOf(40), INTERVAL_MS)
      expect(new Set(Object.values(readings))).toEqual(new Set(['v1']))
      expect(manager.calls).toHaveLength(40)
      expect(new Set(counted)).toEqual(new Set(['InvalidResponse']))
      forgetCalls(harness)
      await clock.advance(120 * MINUTE_MS)
      // Each pause, and the time for which a secret is read alone, is ten minutes in the end.
      expect(manager.batches.length).toBeLessThan(45)
      expect(manager.calls).toHaveLength(40 * 72)
      expect(new Set(manager.callsOf('s0')).size).toBe(72)

      manager.mode = { refusal: 'entry', call: 'works' }
      await clock.advance(20 * MINUTE_MS)
      forgetCalls(harness)
      await clock.advance(INTERVAL_MS)
      expect(manager.batches.flatMap(({ names }) => names).length).toBeGreaterThan(10)
    },
  )

  it.each(['Unavailable', 'InvalidResponse'] as const)(
    'is followed by single reads at once (%s of one secret), and by a pause of batches',
    async (code) => {
      await using harness = await started(20)
      const { manager, pool } = harness
      manager.faults.set('s5', { code })
      forgetCalls(harness)
      pool.refreshNow('shop/a')
      await harness.clock.advance(0)
      expect([manager.batches.length, manager.calls.length]).toEqual([1, 20])
      const failing = namesOf(20).filter(
        (name) => pool.peek(harness.reads([name])[0]?.key as never)?.error !== undefined,
      )
      expect(failing).toEqual(['s5'])
    },
  )

  it.each<[string, ReadErrorCode | undefined, number]>([
    ['is doubled', 'Unauthenticated', 0],
    ['is as short as the first', undefined, 1],
  ])('is followed by a pause that %s if the one batch since the last was %s', async (_how, code, batchesLater) => {
    const retry = { baseMs: 60 * MINUTE_MS, maxMs: 60 * MINUTE_MS }
    await using harness = harnessOf(20, { retry })
    const { manager, pool, clock } = harness
    await harness.sync('shop/a', namesOf(20), 'off')
    const batchesWith = async (fault: ReadErrorCode | undefined, names: readonly string[]): Promise<number> => {
      if (fault !== undefined) for (const name of names) manager.faults.set(name, { code: fault })
      forgetCalls(harness)
      pool.refreshNow('shop/a')
      await clock.advance(0)
      manager.faults.clear()
      return manager.batches.length
    }
    expect(await batchesWith('Unavailable', ['s5'])).toBe(1)
    await clock.advance(11_000)
    expect(await batchesWith(code, namesOf(20))).toBe(1)
    await clock.advance(5_000)
    expect(await batchesWith('Unavailable', ['s6'])).toBe(1)
    await clock.advance(15_000)
    expect(await batchesWith(undefined, [])).toBe(batchesLater)
  })

  it.each(['Throttled', 'Unauthenticated'] as const)(
    'is followed by single reads even if %s is thrown instead of returned for each secret',
    async (call) => {
      await using harness = harnessOf(20, { rateLimits: new RateLimits({ qps: 400 }) })
      const { manager, clock } = harness
      manager.mode = { refusal: 'entry', call }
      const reading = harness.sync('shop/a', namesOf(20), 'off')
      await clock.advance(0)
      // A throttled call lowers the limit of the quota.
      if (call === 'Throttled') expect(manager.calls.length).toBeLessThan(20)
      await clock.advance(5_000)
      expect(new Set(Object.values(await reading))).toEqual(new Set(['v1']))
      expect([manager.batches.length, manager.calls.length]).toEqual([1, 20])
    },
  )

  it('is not joined by a secret whose last read got no response', async () => {
    await using harness = harnessOf(20)
    const { manager, pool, clock } = harness
    await harness.sync('shop/a', namesOf(20), 'off')
    manager.faults.set('s5', { code: 'Unavailable' })
    pool.refreshNow('shop/a')
    await clock.advance(0)
    // The pause of batches ends, and the secret fails alone.
    await clock.advance(11_000)
    forgetCalls(harness)
    pool.refreshNow('shop/a')
    await clock.advance(0)
    expect(manager.batches.map(({ names }) => names.length)).toEqual([19])
    expect(manager.batches.flatMap(({ names }) => names)).not.toContain('s5')
  })

  it('has half of the time of a read, so that a secret that hangs delays its neighbours only so long', async () => {
    await using harness = await started(20, { readTimeoutMs: 2_000 })
    const { manager, pool } = harness
    manager.faults.set('s5', 'hang')
    for (const name of namesOf(20)) manager.change(name)
    pool.refreshNow('shop/a')
    await harness.clock.advance(1_050)
    const versions = namesOf(20).map((name) => pool.peek(harness.reads([name])[0]?.key as never)?.versionId)
    expect(versions.filter((version) => version === 'v2')).toHaveLength(19)
    await harness.clock.advance(2_000)
    expect(pool.peek(harness.reads(['s5'])[0]?.key as never)?.error?.code).toBe('Timeout')
  })
})

describe('the cost of a batch', () => {
  const fast = (harness: BatchHarness): BackendConnection => ({ ...harness.connection(), kind: 'kms-endpoint' })

  it.each([
    ['20, as many as it has secrets', 20, 20],
    ['1, one read', 1, 100],
  ])('is %s', async (_what, kmsCost, read) => {
    await using harness = harnessOf(200, { batches: { kmsCost }, rateLimits: new RateLimits({ qps: 160 }) })
    const reads = harness.reads(namesOf(200), fast(harness))
    harness.pool.subscribe('shop/a', reads, INTERVAL_MS)
    harness.pool.values('shop/a', reads, { signal: new AbortController().signal }).catch(() => undefined)
    await Promise.resolve()
    // The burst is 20 tokens.
    const secrets = harness.manager.batches.flatMap(({ names }) => names)
    expect(secrets.length).toBeGreaterThanOrEqual(read)
    if (kmsCost === 20) expect(secrets).toHaveLength(20)
  })

  it('is counted in full for ten minutes after KMS has throttled a batch', async () => {
    await using harness = harnessOf(20, { batches: { kmsCost: 1 }, rateLimits: new RateLimits({ qps: 160 }) })
    const { manager } = harness
    const reads = harness.reads(namesOf(20), fast(harness))
    manager.faults.set('s1', { code: 'Throttled' })
    harness.pool.subscribe('shop/a', reads, 1_000)
    await harness.pool.values('shop/a', reads, { signal: new AbortController().signal })
    manager.faults.clear()
    forgetCalls(harness)
    harness.pool.refreshNow('shop/a')
    await harness.clock.advance(0)
    // Tokens are gone with the throttling, so fewer than 20 secrets go at once.
    expect(manager.batches.flatMap(({ names }) => names).length).toBeLessThan(20)
  })
})

/** With each change 3,500, in a nightly run 10,000. */
const MANY = Math.min(10_000, propertyRuns(14_000))

describe('many secrets', () => {
  it.each<[what: string, kmsCost: number | undefined, maxCallsEach: number, maxMsEach: number]>([
    ['alone', undefined, 1.03, 2.25],
    ['in batches that cost 20 reads', 20, 0.15, 2.25],
    ['in batches that cost one read', 1, 0.052, 0.2],
  ])(
    'are read %s in the time that 450 reads a second allow',
    async (what, kmsCost, maxCallsEach, maxMsEach) => {
      await using harness = harnessOf(MANY, {
        batches: kmsCost === undefined ? undefined : { kmsCost },
        rateLimits: new RateLimits({ qps: 450 }),
      })
      const { manager, clock, pool } = harness
      manager.latencyMs = 50
      const reads = harness.reads(namesOf(MANY), { ...harness.connection(), kind: 'kms-endpoint' })
      pool.subscribe('shop/a', reads, INTERVAL_MS)
      let allReadMs = Infinity
      const onAllRead = (): void => void (allReadMs = clock.monotonic())
      pool.values('shop/a', reads, { signal: new AbortController().signal }).then(onAllRead, () => undefined)
      await clock.advance(MANY * maxMsEach)
      expect(allReadMs).toBeLessThanOrEqual(MANY * maxMsEach)
      console.info(`${MANY} secrets ${what}: ${manager.requests} calls, all read after ${allReadMs} ms`)
      expect(manager.requests).toBeLessThanOrEqual(MANY * maxCallsEach)
      pool.ack('shop/a')
      // Refreshes that fell due during the first reading.
      await clock.advance(INTERVAL_MS)
      forgetCalls(harness)
      await clock.advance(INTERVAL_MS)
      console.info(`  one interval of ${INTERVAL_MS / 1_000} s: ${manager.requests} calls`)
      expect(manager.requests).toBeLessThanOrEqual(kmsCost === undefined ? MANY : MANY / 10)
    },
    PROPERTY_TIMEOUT_MS,
  )
})

describe('calls in flight', () => {
  it.each([
    [5, 400, 10],
    [50, 400, 40],
    [100, 400, 64],
  ])(
    'follow rate × latency: %i ms at %i reads a second need no more than %i',
    async (latencyMs, qps, most) => {
      await using harness = harnessOf(4_000, { batches: undefined, rateLimits: new RateLimits({ qps }) })
      const { manager, clock, pool } = harness
      manager.latencyMs = latencyMs
      harness.subscribe('shop/a', namesOf(4_000), INTERVAL_MS)
      harness.values('shop/a', namesOf(4_000)).catch(() => undefined)
      await clock.advance(2_000)
      manager.calls.length = 0
      manager.mostAtOnce = { inAll: 0, ofOne: 0 }
      await clock.advance(5_000)
      console.info(
        `${latencyMs} ms: ${manager.calls.length / 5} reads a second, at most ${manager.mostAtOnce.inAll} at once`,
      )
      expect(manager.calls.length / 5).toBeGreaterThanOrEqual(0.95 * qps)
      expect(manager.mostAtOnce.inAll).toBeLessThanOrEqual(most)
      await pool.close()
    },
    60_000,
  )

  it('stay below the configured limit', async () => {
    await using harness = harnessOf(400, { maxConcurrentReads: 20, rateLimits: new RateLimits({ qps: 400 }) })
    const { manager, clock } = harness
    manager.latencyMs = 50
    harness.subscribe('shop/a', namesOf(400), INTERVAL_MS)
    const reading = harness.values('shop/a', namesOf(400))
    await clock.advance(5_000)
    await reading
    expect(manager.mostAtOnce.inAll).toBeLessThanOrEqual(200)
  })
})
