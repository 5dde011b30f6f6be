import { inspect } from 'node:util'
import { array, assert, asyncProperty, constant, integer, oneof, record } from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Credential } from '../contracts/credential-provider.ts'
import { type CredentialRefresh, CredentialRefresher, type CredentialRefresherOptions } from './credential-refresher.ts'
import { ManualClock } from '../testing/manual-clock.ts'
import { SecretSyncError } from '../errors/secret-sync-error.ts'
import { Sensitive } from '../sensitive.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

const identity = { kind: 'assume-role', fingerprint: 'f', description: 'role demo', account: '1' }
const signal = new AbortController().signal
const DOWN = new SecretSyncError('Unavailable', 'assuming role demo: STS cannot be reached (ECONNREFUSED)')

const credentialErrorOf = (asked: Promise<Credential>): Promise<unknown> =>
  asked.then(
    () => 'no failure',
    (error: unknown) => error,
  )

/** An STS with a correct clock, whatever happens to the local one. */
class FakeSts {
  readonly clock: ManualClock
  readonly #startedMs: number
  lifeMs = HOUR
  latencyMs = 200
  failure: Error | undefined
  calls = 0
  aborted = 0
  mostAtOnce = 0
  #underWay = 0
  readonly #endsMs = new Map<string, number>()

  constructor(clock: ManualClock) {
    this.clock = clock
    this.#startedMs = clock.now()
  }

  /** True time: the wall clock without its jumps. */
  now(): number {
    return this.#startedMs + this.clock.monotonic()
  }

  async fetch(abort: AbortSignal): Promise<Credential> {
    this.calls += 1
    abort.addEventListener('abort', () => {
      this.aborted += 1
    })
    this.#underWay += 1
    this.mostAtOnce = Math.max(this.mostAtOnce, this.#underWay)
    await new Promise<void>((resolve) => this.clock.setTimeout(resolve, this.latencyMs))
    this.#underWay -= 1
    if (this.failure) throw this.failure
    this.#endsMs.set(`STS.${this.calls}`, this.now() + this.lifeMs)
    return {
      accessKeyId: `STS.${this.calls}`,
      accessKeySecret: new Sensitive(`canary-${this.calls}`),
      securityToken: new Sensitive(`canary-${this.calls}`),
      // Like the real sources: according to the date of STS, but no longer than the session duration.
      expiresAtMs: Math.min(this.now(), this.clock.now()) + this.lifeMs,
    }
  }

  /** Whether this STS would still accept it, by its own clock. */
  accepts({ accessKeyId }: Credential): boolean {
    return (this.#endsMs.get(accessKeyId) ?? 0) > this.now()
  }
}

function setUp(options: Partial<CredentialRefresherOptions> = {}) {
  const clock = new ManualClock()
  const sts = new FakeSts(clock)
  const refreshes: CredentialRefresh[] = []
  const refresher = new CredentialRefresher({
    identity,
    source: { fetch: (abort) => sts.fetch(abort) },
    clock,
    random: () => 0.5,
    onRefresh: (refresh) => refreshes.push(refresh),
    ...options,
  })
  const ask = (): Promise<Credential> => refresher.credential({ signal })
  /** The result of one caller: an id, or an error code. */
  const outcome = async (waitMs = 1_000): Promise<string> => {
    const asked = ask().then(
      ({ accessKeyId }) => accessKeyId,
      (error: unknown) => (error instanceof SecretSyncError ? error.code : 'foreign error'),
    )
    await clock.advance(waitMs)
    return asked
  }
  return { clock, sts, refresher, refreshes, ask, outcome }
}

it('a refresher has the defaults of options that are undefined', async () => {
  const credential = { accessKeyId: 'STS.1', accessKeySecret: new Sensitive('canary'), expiresAtMs: Date.now() + HOUR }
  // TypeScript accepts this without `exactOptionalPropertyTypes`.
  const unset = { fetchTimeoutMs: undefined, clock: undefined, backoff: undefined, random: undefined } as object
  const refresher = new CredentialRefresher({ identity, source: { fetch: async () => credential }, ...unset })
  expect(await refresher.credential({ signal })).toBe(credential)
})

it.each<[message: string, options: Partial<CredentialRefresherOptions>]>([
  ['refreshAheadMs: expected a whole number ≥ 0, got NaN', { refreshAheadMs: Number.NaN }],
  ['refreshJitterMs: expected a whole number ≥ 0, got -1', { refreshJitterMs: -1 }],
  ['fetchTimeoutMs: expected a whole number ≥ 1, got 0', { fetchTimeoutMs: 0 }],
  ['backoff.baseMs: expected a whole number ≥ 1, got NaN', { backoff: { baseMs: Number.NaN, maxMs: 1 } }],
  [
    'refusedBackoff.maxMs: expected a whole number ≥ 1, got Infinity',
    { refusedBackoff: { baseMs: 1, maxMs: Infinity } },
  ],
])('a refresher is refused: %s', (message, options) => {
  const source = { fetch: () => Promise.reject(DOWN) }
  expect(() => new CredentialRefresher({ identity, source, ...options })).toThrow(new RangeError(message))
})

describe('CredentialRefresher, simulated', () => {
  it('fetches once for 1,000 callers', async () => {
    const { clock, sts, ask } = setUp()
    const asked = Promise.all(Array.from({ length: 1_000 }, ask))
    await clock.advance(200)
    expect(new Set(await asked).size).toBe(1)
    expect(sts.calls).toBe(1)
  })

  it('makes one call per session in ten days with 1,000 callers, and never returns an expired credential', async () => {
    const { clock, sts, ask, refreshes } = setUp()
    let stale = 0
    for (let elapsedMs = 0; elapsedMs < 10 * DAY; elapsedMs += 5 * MINUTE) {
      const asked = Promise.all(Array.from({ length: 1_000 }, ask))
      await clock.advance(200)
      for (const credential of await asked) if (!sts.accepts(credential)) stale += 1
      await clock.advance(5 * MINUTE - 200)
    }
    expect(stale).toBe(0)
    // Due 10.5 minutes before the end of an hour, so it is fetched at minute 50.
    expect(sts.calls).toBe((10 * 24 * 60) / 50)
    expect(refreshes.filter(({ result }) => result !== 'ok')).toEqual([])
    expect(refreshes[0]).toMatchObject({ provider: 'assume-role', result: 'ok', durationMs: 200 })
  })

  it('uses the old credential until it expires while STS is unreachable, then fails, and recovers within the maximum pause', async () => {
    const { clock, sts, outcome } = setUp()
    expect(await outcome()).toBe('STS.1')
    await clock.advance(45 * MINUTE)
    sts.failure = DOWN
    const seen: [string, number][] = []
    const startedMs = clock.monotonic()
    let downMs = 0
    while (clock.monotonic() - startedMs < 6 * HOUR) {
      const askedMs = clock.monotonic()
      const result = await outcome(30_000)
      if (result !== seen.at(-1)?.[0]) seen.push([result, Math.round(askedMs / MINUTE)])
      if (result === 'Unavailable') downMs += 30_000
    }
    // The credential of minute 0 ends ten seconds early, at 59:50.
    expect(seen).toEqual([
      ['STS.1', 45],
      ['Unavailable', 60],
    ])
    expect(downMs).toBeGreaterThan(5 * HOUR)
    const attempts = sts.calls - 1
    // Due from 49:30, the tenth ask. Pauses of 0.5, 1, 2 … 30 s: the first seven are over at the next ask, the longest,
    // counted from the end of a fetch, at the one after.
    expect(attempts).toBe(7 + 352)
    sts.failure = undefined
    const recoveredFromMs = clock.monotonic()
    while ((await outcome(5_000)) === 'Unavailable');
    expect(clock.monotonic() - recoveredFromMs).toBeLessThanOrEqual(60_000)
    expect(sts.calls).toBe(attempts + 2)
  })

  it('fails with the last error between attempts, without a call', async () => {
    const { clock, sts, outcome, ask } = setUp({ random: () => 0 })
    sts.failure = DOWN
    expect(await outcome(200)).toBe('Unavailable')
    await Promise.all(Array.from({ length: 1_000 }, () => expect(ask()).rejects.toBe(DOWN)))
    expect(sts.calls).toBe(1)
    await clock.advance(1_000)
    expect(await outcome(200)).toBe('Unavailable')
    expect(sts.calls).toBe(2)
  })

  it('respects Retry-After of the source up to five minutes', async () => {
    const { clock, sts, outcome } = setUp()
    sts.failure = new SecretSyncError('Throttled', 'STS throttles', { facts: { retryAfterMs: DAY } })
    await outcome(200)
    await clock.advance(299_999)
    await outcome(1)
    expect(sts.calls).toBe(1)
    await outcome()
    expect(sts.calls).toBe(2)
  })

  it('pauses after a failure whose Retry-After is not a number', async () => {
    const { sts, outcome } = setUp()
    sts.failure = new SecretSyncError('Throttled', 'STS throttles', { facts: { retryAfterMs: Number.NaN } })
    await outcome(200)
    await outcome(200)
    expect(sts.calls).toBe(1)
  })

  it.each([
    ['forward beyond the expiry: a new one at once', 2 * HOUR, [0, 30, 80]],
    ['forward into the window: a new one at once', 25 * MINUTE, [0, 30, 80]],
    ['back by hours: the old one expires in time by the monotonic clock', -2 * HOUR, [0, 50, 100]],
    ['not at all', 0, [0, 50, 100]],
  ])('wall clock jumps %s', async (_rule, jumpMs, fetchedAt) => {
    const { clock, sts, outcome } = setUp()
    // The jump corrects a wrong clock: afterwards it equals that of STS.
    const now = sts.now.bind(sts)
    sts.now = () => now() + (clock.monotonic() < 30 * MINUTE ? 0 : jumpMs)
    const results = new Set<string>()
    const calls: number[] = []
    for (let minute = 0; minute < 120; minute += 1) {
      if (minute === 30) clock.jumpWallClock(jumpMs)
      results.add(await outcome(1_000))
      if (sts.calls > calls.length) calls.push(minute)
      await clock.advance(MINUTE - 1_000)
    }
    expect(calls).toEqual(fetchedAt)
    expect([...results]).toEqual(['STS.1', 'STS.2', 'STS.3'])
  })

  it('reports a wrong clock when new credentials look expired, and recovers after its correction', async () => {
    const { clock, sts, ask, outcome } = setUp()
    clock.jumpWallClock(2 * HOUR)
    const failure = credentialErrorOf(ask())
    await clock.advance(1_000)
    expect(await failure).toMatchObject({
      code: 'Unauthenticated',
      message:
        "credentials of role demo: the new credential has expired already, 60 min ago by this machine's clock: check that clock, and whether the source renews its credential",
    })
    const again = credentialErrorOf(ask())
    await clock.advance(MINUTE)
    expect(await again).toMatchObject({ message: ((await failure) as SecretSyncError).message })
    clock.jumpWallClock(-2 * HOUR)
    await clock.advance(MINUTE)
    expect(await outcome()).toBe('STS.3')
    expect(sts.calls).toBe(3)
  })

  it.each([
    [20_000, 'moments ago'],
    [7_140_000, '119 min ago'],
    [7_200_000, '2 h ago'],
  ])('rounds the age of a credential that expired %i ms ago: %s', async (agoMs, text) => {
    const { clock, ask, sts } = setUp()
    sts.fetch = async () => ({
      accessKeyId: 'STS.old',
      accessKeySecret: new Sensitive('canary'),
      expiresAtMs: clock.now() - agoMs,
    })
    await expect(ask()).rejects.toThrow(`has expired already, ${text} by this machine's clock`)
  })

  it('calls a source that returns the same credential more often, but not for every call', async () => {
    const { clock, sts, ask } = setUp()
    const fixedMs = clock.now() + HOUR
    const fetch = sts.fetch.bind(sts)
    sts.fetch = async (abort) => ({ ...(await fetch(abort)), accessKeyId: 'STS.same', expiresAtMs: fixedMs })
    for (let second = 0; second < 3_580; second += 1) {
      void ask()
      await clock.advance(1_000)
    }
    expect(sts.calls).toBeLessThan(10)
    expect(sts.calls).toBeGreaterThan(3)
  })

  it('returns no credential in its last ten seconds', async () => {
    const { clock, sts, outcome } = setUp()
    await outcome(200)
    sts.failure = DOWN
    await clock.advance(HOUR - 10_000 - 1)
    expect(await outcome(1)).toBe('STS.1')
    expect(await outcome()).toBe('Unavailable')
  })

  it('never returns an expired credential and never fetches twice at once', async () => {
    const step = record({
      what: oneof(
        constant('ask'),
        constant('ask'),
        constant('jump'),
        constant('fail'),
        constant('heal'),
        constant('refuse'),
      ),
      ms: integer({ min: 0, max: 3 * HOUR }),
      back: integer({ min: 0, max: 1 }),
    })
    await assert(
      asyncProperty(
        array(step, { maxLength: 60 }),
        integer({ min: 15 * MINUTE, max: 12 * HOUR }),
        async (steps, lifeMs) => {
          const { clock, sts, ask, refresher } = setUp()
          sts.lifeMs = lifeMs
          let last: Credential | undefined
          for (const { what, ms, back } of steps) {
            if (what === 'jump') clock.jumpWallClock(back === 1 ? -ms : ms)
            if (what === 'fail') sts.failure = DOWN
            if (what === 'heal') sts.failure = undefined
            if (what === 'refuse' && last) refresher.invalidate(last)
            if (what === 'ask') {
              const asked = Promise.all([ask(), ask()]).catch((error: unknown) => error)
              await clock.advance(200)
              const response = await asked
              if (Array.isArray(response)) {
                last = response[0] as Credential
                expect(response[1]).toBe(last)
                expect(sts.accepts(last)).toBe(true)
              } else {
                expect(response).toMatchObject({ code: expect.stringMatching(/^(Unavailable|Unauthenticated)$/) })
              }
            }
            await clock.advance(ms / 4)
          }
          expect(sts.mostAtOnce).toBeLessThanOrEqual(1)
          await refresher.close()
        },
      ),
      { numRuns: 60 },
    )
  })
})

describe('CredentialRefresher.invalidate', () => {
  it('renews a refused credential before its next use, with one call', async () => {
    const { clock, sts, refresher, ask, outcome } = setUp()
    await outcome()
    const refused = await ask()
    for (let caller = 0; caller < 1_000; caller += 1) refresher.invalidate(refused)
    const asked = Promise.all(Array.from({ length: 1_000 }, ask))
    await clock.advance(200)
    expect(new Set((await asked).map(({ accessKeyId }) => accessKeyId))).toEqual(new Set(['STS.2']))
    expect(sts.calls).toBe(2)
  })

  it('ignores a refusal of an earlier credential', async () => {
    const { clock, sts, refresher, ask, outcome } = setUp()
    await outcome()
    const old = await ask()
    refresher.invalidate(old)
    await outcome()
    await clock.advance(MINUTE)
    refresher.invalidate(old)
    expect(await outcome()).toBe('STS.2')
    expect(sts.calls).toBe(2)
  })

  it('backs off from the source when every credential is rejected', async () => {
    const { clock, sts, refresher, ask } = setUp()
    for (let second = 0; second < 3_600; second += 1) {
      const asked = ask()
      await clock.advance(1_000)
      refresher.invalidate(await asked)
    }
    // At once, then after 10, 20, 40, 80, 160 and every 300 s: 7 in the first 610 s, 9 in the rest.
    expect(sts.calls).toBe(1 + 16)
  })

  it('resets the pause after a time without refusals', async () => {
    const { clock, sts, refresher, ask, outcome } = setUp({ refusedBackoff: { baseMs: 10_000, maxMs: 40_000 } })
    const refuse = async (): Promise<void> => {
      const asked = ask()
      await clock.advance(1_000)
      refresher.invalidate(await asked)
    }
    await refuse()
    await refuse()
    await outcome()
    expect(sts.calls).toBe(2)
    await clock.advance(5 * MINUTE)
    await refuse()
    await clock.advance(10_000)
    await outcome()
    expect(sts.calls).toBe(4)
  })

  it('does not fall back to a refused credential when the source refuses a new one', async () => {
    const { sts, refresher, ask, outcome, clock } = setUp()
    await outcome()
    refresher.invalidate(await ask())
    sts.failure = new SecretSyncError('Unauthenticated', 'assuming role demo: refused')
    for (let attempt = 0; attempt < 20; attempt += 1) expect(await outcome(30_000)).toBe('Unauthenticated')
    sts.failure = undefined
    await clock.advance(MINUTE)
    const next = await outcome()
    expect(next).toBe(`STS.${sts.calls}`)
    // Only fetches after a refusal increase its backoff, not failed fetches.
    refresher.invalidate(await ask())
    expect(await outcome()).toBe(`STS.${sts.calls}`)
    expect(await outcome()).not.toBe(next)
  })

  it('uses a refused credential until it expires while the source is unreachable', async () => {
    const { sts, refresher, ask, outcome } = setUp()
    await outcome()
    refresher.invalidate(await ask())
    sts.failure = DOWN
    // 50 minutes from minute 0 on, each answered at once but for the first, which waits for the source.
    for (let minute = 0; minute < 50; minute += 1) expect(await outcome(MINUTE)).toBe('STS.1')
    expect(sts.calls).toBeGreaterThan(20)
    sts.failure = undefined
    await outcome(MINUTE)
    expect(await outcome()).toBe(`STS.${sts.calls}`)
  })

  it('does not return a refused credential after its expiry', async () => {
    const { sts, refresher, ask, outcome, clock } = setUp()
    await outcome()
    refresher.invalidate(await ask())
    sts.failure = DOWN
    expect(await outcome()).toBe('STS.1')
    await clock.advance(HOUR)
    expect(await outcome()).toBe('Unavailable')
  })
})

describe('CredentialRefresher, expiry and edge cases', () => {
  it('aborts the fetch in flight and cancels its callers on close', async () => {
    const { clock, sts, refresher, ask } = setUp()
    const failure = credentialErrorOf(ask())
    await clock.advance(100)
    await refresher.close()
    expect(await failure).toMatchObject({ code: 'Cancelled' })
    expect(sts.aborted).toBe(1)
    await expect(ask()).rejects.toMatchObject({ code: 'Cancelled' })
    await refresher.close()
    expect(sts.calls).toBe(1)
  })

  it('closes its source after the fetch in flight', async () => {
    const ended: string[] = []
    const fetch = (closing: AbortSignal): Promise<never> =>
      new Promise((_resolve, reject) => {
        closing.addEventListener('abort', () => {
          ended.push('fetch')
          reject(new Error('aborted'))
        })
      })
    const refresher = new CredentialRefresher({
      identity,
      source: { fetch, close: async () => void ended.push('source') },
      clock: new ManualClock(),
    })
    const failure = credentialErrorOf(refresher.credential({ signal }))
    await refresher.close()
    expect(await failure).toMatchObject({ code: 'Cancelled' })
    expect(ended).toEqual(['fetch', 'source'])
  })

  it('cancels one caller without the others', async () => {
    const { clock, sts, refresher, ask } = setUp()
    const leaver = new AbortController()
    const left = credentialErrorOf(refresher.credential({ signal: leaver.signal }))
    const stays = ask()
    leaver.abort()
    expect(await left).toMatchObject({ code: 'Cancelled' })
    await clock.advance(200)
    expect((await stays).accessKeyId).toBe('STS.1')
    expect(sts.calls).toBe(1)
  })

  it('ends a fetch that hangs', async () => {
    const { clock, sts, ask } = setUp({ fetchTimeoutMs: 5_000 })
    sts.latencyMs = DAY
    const failure = credentialErrorOf(ask())
    await clock.advance(5_000)
    expect(await failure).toMatchObject({
      code: 'Timeout',
      message: 'credentials of role demo: no response within 5000 ms',
    })
    expect(sts.aborted).toBe(1)
  })

  it('keeps a credential without expiry until it is refused', async () => {
    const { clock, sts, refresher, ask, outcome } = setUp()
    sts.lifeMs = Infinity
    const fetch = sts.fetch.bind(sts)
    sts.fetch = async (abort) => {
      const { accessKeyId, accessKeySecret } = await fetch(abort)
      return { accessKeyId, accessKeySecret }
    }
    expect(await outcome()).toBe('STS.1')
    await clock.advance(100 * DAY)
    expect(await outcome()).toBe('STS.1')
    refresher.invalidate(await ask())
    expect(await outcome()).toBe('STS.2')
  })

  it('reports other errors as defects without their text', async () => {
    const { sts, ask, clock } = setUp()
    sts.failure = new TypeError('https://sts/?Signature=canary')
    const failure = credentialErrorOf(ask())
    await clock.advance(1_000)
    expect(await failure).toMatchObject({ code: 'Internal' })
    expect(inspect(await failure, { depth: 10, showHidden: true })).not.toContain('canary')
  })

  it('shows no secret to an inspection', async () => {
    const { refresher, outcome } = setUp()
    await outcome()
    expect(inspect(refresher, { depth: 10, showHidden: true })).not.toContain('canary')
  })
})
