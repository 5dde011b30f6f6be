import { ManualClock } from '@ack-secret-manager/core/testing'
import { RateLimits } from '@ack-secret-manager/sync-engine'
import { expect, it } from 'vitest'
import { PushQuota } from './push-quota.ts'

const ONE = { account: 'one', region: 'cn-hangzhou' }
const TWO = { account: 'two', region: 'cn-hangzhou' }
const { signal } = new AbortController()

class Fixture {
  readonly clock = new ManualClock(0)
  readonly reads = new RateLimits({ qps: 400 })
  readonly quota: PushQuota
  readonly made = new Map<string, number>()

  constructor(readsPerSecond = 400, shareOf = () => 1) {
    this.quota = new PushQuota({ reads: this.reads, readsPerSecond, shareOf, clock: this.clock })
  }

  /** A namespace that pushes in a loop. */
  loop(namespace: string, { of = ONE, calls = 2, runs = 10_000, until = signal } = {}): void {
    const push = async (): Promise<void> => {
      for (let run = 0; run < runs; run += 1) {
        // oxlint-disable-next-line no-await-in-loop -- in a loop
        await this.quota.take(of, { namespace, calls }, until)
        this.made.set(namespace, (this.made.get(namespace) ?? 0) + calls)
      }
    }
    push().catch(() => undefined)
  }

  count(namespace: string): number {
    return this.made.get(namespace) ?? 0
  }
}

it('limits the calls with one quota to 20 a second, and leaves others alone', async () => {
  const push = new Fixture()
  push.loop('loud')
  push.loop('elsewhere', { of: TWO })
  await push.clock.advance(10_000)
  for (const namespace of ['loud', 'elsewhere']) {
    expect(push.count(namespace)).toBeGreaterThanOrEqual(196)
    expect(push.count(namespace)).toBeLessThanOrEqual(203)
  }
})

it.each<[readsPerSecond: number, calls: number]>([
  [0, 20],
  [40, 10],
  [4, 1],
])('with reads limited to %s a second, pushes make %s', async (readsPerSecond, calls) => {
  const push = new Fixture(readsPerSecond)
  push.loop('loud')
  await push.clock.advance(20_000)
  expect(push.count('loud') / 20).toBeGreaterThan(0.9 * calls)
  expect(push.count('loud') / 20).toBeLessThan(1.2 * calls)
})

it('lets namespaces take turns, however many calls each of them requests', async () => {
  const push = new Fixture()
  for (let count = 0; count < 8; count += 1) push.loop('loud', { calls: 100 })
  push.loop('quiet')
  await push.clock.advance(20_000)
  expect(push.count('quiet')).toBeGreaterThanOrEqual(190)
  expect(push.count('loud')).toBeGreaterThanOrEqual(100)
})

it('charges the quota of reads, so that both together stay below it', async () => {
  const push = new Fixture()
  const bucket = push.reads.bucket(ONE)
  const readAll = (): number => {
    let count = 0
    while (bucket.tryTake(push.clock.monotonic())) count += 1
    return count
  }
  readAll()
  push.loop('loud')
  let reads = 0
  for (let tenth = 0; tenth < 100; tenth += 1) {
    // oxlint-disable-next-line no-await-in-loop -- time passes
    await push.clock.advance(100)
    reads += readAll()
  }
  expect(reads + push.count('loud')).toBeLessThanOrEqual(4_005)
  expect(reads).toBeGreaterThanOrEqual(3_790)
})

it('slows down when KMS throttles, and recovers', async () => {
  const push = new Fixture()
  push.loop('loud')
  await push.clock.advance(2_000)
  for (let second = 0; second < 6; second += 1) {
    push.quota.throttled(ONE)
    // oxlint-disable-next-line no-await-in-loop -- time passes
    await push.clock.advance(1_000)
  }
  const before = push.count('loud')
  await push.clock.advance(1_000)
  expect(push.count('loud') - before).toBeLessThan(5)
  await push.clock.advance(30_000)
  const recovered = push.count('loud')
  await push.clock.advance(1_000)
  expect(push.count('loud') - recovered).toBeGreaterThan(17)
})

it('counts two AccessKeys as one account once that is known', async () => {
  const push = new Fixture()
  for (const { account } of [ONE, TWO]) push.quota.learn(account, '1234567890123456')
  push.loop('loud')
  push.loop('louder', { of: TWO })
  await push.clock.advance(10_000)
  expect(push.count('loud') + push.count('louder')).toBeLessThanOrEqual(203)
})

it('serves all AccessKeys of one account in one line, whenever the account becomes known', async () => {
  const push = new Fixture()
  const namespaces = ['loud', 'quiet-1', 'quiet-2', 'quiet-3']
  for (const namespace of namespaces) push.loop(namespace, { of: namespace === 'loud' ? TWO : ONE })
  await push.clock.advance(500)
  for (const { account } of [ONE, TWO]) push.quota.learn(account, '1234567890123456')
  const before = namespaces.map((namespace) => push.count(namespace))
  await push.clock.advance(20_000)
  // A second AccessKey gives no second turn.
  const made = namespaces.map((namespace, at) => push.count(namespace) - (before[at] ?? 0))
  for (const count of made) expect(Math.round(count / 10)).toBe(10)
})

it('forgets a push that is aborted after its account became known', async () => {
  const push = new Fixture()
  const stop = new AbortController()
  const waiting = [ONE, TWO].map((of) => push.quota.take(of, { namespace: 'gone', calls: 1_000 }, stop.signal))
  for (const { account } of [ONE, TWO]) push.quota.learn(account, '1234567890123456')
  stop.abort(new Error('handed over'))
  await Promise.all(waiting.map((each) => expect(each).rejects.toThrow('handed over')))
  push.loop('loud')
  await push.clock.advance(10_000)
  expect(push.count('loud')).toBeGreaterThanOrEqual(196)
})

it('counts a retried call for its namespace, and not for others', async () => {
  const push = new Fixture()
  const failing = async (): Promise<void> => {
    for (;;) {
      // oxlint-disable-next-line no-await-in-loop -- in a loop
      await push.quota.take(ONE, { namespace: 'failing', calls: 2 }, signal)
      push.made.set('failing', push.count('failing') + 6)
      for (let call = 0; call < 4; call += 1) push.quota.repeated(ONE, 'failing')
    }
  }
  void failing()
  push.loop('works')
  await push.clock.advance(20_000)
  expect(push.count('works')).toBeGreaterThanOrEqual(196)
  expect(push.count('failing')).toBeLessThanOrEqual(210)
})

it('ends a wait after ten minutes with an error that names the shared limits', async () => {
  const push = new Fixture(4)
  const wait = push.quota.take(ONE, { namespace: 'shop', calls: 1_000 }, signal)
  const failure = wait.catch((error: unknown) => error)
  await push.clock.advance(600_000)
  expect(await failure).toMatchObject({
    code: 'Throttled',
    message:
      'no KMS call in cn-hangzhou was available for 10 minutes: pushes to one account make at most 20 calls a second, and a quarter of --kms-qps; trying again later',
  })
  push.loop('other')
  await push.clock.advance(10_000)
  expect(push.count('other')).toBeGreaterThanOrEqual(9)
})

it('uses its share of the rate, and all of it at once when the other members leave', async () => {
  let share = 0.1
  const push = new Fixture(400, () => share)
  push.loop('loud')
  await push.clock.advance(10_000)
  expect(push.count('loud')).toBeLessThanOrEqual(22)
  share = 1
  push.quota.sharesChanged()
  const before = push.count('loud')
  await push.clock.advance(10_000)
  expect(push.count('loud') - before).toBeGreaterThanOrEqual(196)
})

it('forgets a waiting push that is aborted', async () => {
  const push = new Fixture()
  const stop = new AbortController()
  const waiting = push.quota.take(ONE, { namespace: 'gone', calls: 1_000 }, stop.signal)
  stop.abort(new Error('handed over'))
  await expect(waiting).rejects.toThrow('handed over')
  await expect(push.quota.take(ONE, { namespace: 'gone', calls: 1 }, stop.signal)).rejects.toThrow('handed over')
  push.loop('loud')
  await push.clock.advance(10_000)
  expect(push.count('loud')).toBeGreaterThanOrEqual(196)
})
