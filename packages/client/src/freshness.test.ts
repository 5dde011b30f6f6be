import { canary } from '@ack-secret-manager/test-support/canary'
import { useFixture } from '@ack-secret-manager/test-support/use-fixture'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import type { SecretClientOptions, SecretRead } from './secret-client-options.ts'
import { ManualClock, startTestKms, timedClient, type TimedClient } from './testing/kms.ts'

const MINUTE_MS = 60_000
const NAME = 'shop/db'
const clock = new ManualClock()

let count = 0
let current: string
const kms = useFixture(() =>
  startTestKms({ secrets: [{ name: NAME, versions: [{ id: 'v0', data: 'first' }] }] }, clock),
)
beforeEach(async () => {
  await kms.control('DELETE', '/faults')
  await change()
})

async function change(): Promise<string> {
  count += 1
  current = canary(`value-${count}`)
  await kms.put(NAME, current)
  return current
}

function open(options: SecretClientOptions = {}): TimedClient {
  const timed = timedClient(kms, clock, options)
  onTestFinished(() => timed.client.close())
  return timed
}

const fault = (kind: string): Promise<unknown> => kms.control('POST', '/faults', { fault: kind })
const recover = (): Promise<unknown> => kms.control('DELETE', '/faults')

describe('a cached secret', () => {
  it('is read once per interval, and follows a change', async () => {
    const { client, advance, reads } = open()
    const before = await client.text(NAME)
    expect(before).toBe(current)
    const after = await change()
    await advance(MINUTE_MS)
    expect([await client.text(NAME), reads()]).toEqual([before, 1])
    await advance(MINUTE_MS)
    expect([await client.text(NAME), reads()]).toEqual([after, 2])
    await advance(10 * MINUTE_MS)
    expect(reads()).toBeGreaterThanOrEqual(7)
    expect(reads()).toBeLessThanOrEqual(8)
  })

  it('is read again by the next caller when the machine has slept', async () => {
    const { client, reads } = open()
    await client.text(NAME)
    const after = await change()
    clock.jumpWallClock(10 * MINUTE_MS)
    expect([await client.text(NAME), reads()]).toEqual([after, 2])
  })

  it('is forgotten when it is not used', async () => {
    const { client, advance, reads } = open({ maxIdleMs: 5 * MINUTE_MS })
    await client.text(NAME)
    await advance(10 * MINUTE_MS)
    const before = reads()
    expect(client.status()).toEqual([])
    await advance(10 * MINUTE_MS)
    expect(reads()).toBe(before)
    expect(await client.text(NAME)).toBe(current)
  })

  it('keeps its last value for ten minutes of outage without a slow call, and recovers', async () => {
    const seen: SecretRead[] = []
    const { client, advance, reads } = open({ onRead: (read) => void seen.push(read) })
    await client.text(NAME)
    await fault('http503')
    const sinceMs = clock.now()
    for (let minute = 0; minute < 10; minute += 1) {
      await advance(MINUTE_MS)
      const before = reads()
      expect(await client.text(NAME)).toBe(current)
      expect(reads()).toBe(before)
    }
    const [status] = client.status()
    expect(status).toMatchObject({ name: NAME, error: { code: 'Unavailable' } })
    expect(status?.failingSince?.getTime()).toBeGreaterThan(sinceMs)
    expect(seen.filter(({ result }) => result === 'Unavailable').length).toBeGreaterThan(10)
    expect(reads()).toBeLessThan(60)
    await recover()
    const after = await change()
    await advance(MINUTE_MS)
    expect(await client.text(NAME)).toBe(after)
    expect(client.status()[0]).not.toHaveProperty('failingSince')
  })

  it('is an error after maxStaleMs, which says since when and why', async () => {
    const { client, advance } = open({ maxStaleMs: 5 * MINUTE_MS })
    const { versionId } = await client.read(NAME)
    const confirmedAt = new Date(clock.now()).toISOString()
    await fault('http503')
    await advance(4 * MINUTE_MS)
    expect(await client.text(NAME)).toBe(current)
    await advance(2 * MINUTE_MS)
    const error = (await client.text(NAME).catch((thrown: unknown) => thrown)) as Error
    expect(error).toMatchObject({ code: 'Unavailable' })
    expect(error.message).toMatch(
      new RegExp(
        `^version ${versionId} is too old to use: confirmed at ${confirmedAt}, limit maxStaleMs 300000; ` +
          `reads fail since 2026-\\S+Z: KMS secret "shop/db" at \\S+: .*HTTP 503.*as backend test`,
      ),
    )
    expect(error.message).not.toContain(current)
    await recover()
    await advance(2 * MINUTE_MS)
    expect(await client.text(NAME)).toBe(current)
  })

  it.each(['hang', 'reset', 'garbage', 'throttle'])('keeps its last value while KMS has the fault %s', async (kind) => {
    const { client, advance } = open({ timeoutMs: 500 })
    await client.text(NAME)
    await kms.control('POST', '/faults', { fault: kind, ...(kind === 'hang' && { ms: 50 }) })
    await advance(5 * MINUTE_MS)
    expect(await client.text(NAME)).toBe(current)
    expect(client.status()[0]).toHaveProperty('failingSince')
  })

  it('is dropped when KMS refuses it for an interval, not for five seconds', async () => {
    const { client, advance, reads } = open()
    await client.text(NAME)
    await fault('deny')
    while (client.status()[0]?.failingSince === undefined) await advance(1_000)
    await advance(5_000)
    expect(reads()).toBeGreaterThan(3)
    expect(await client.text(NAME)).toBe(current)
    await recover()
    await advance(MINUTE_MS)
    expect(client.status()[0]).not.toHaveProperty('failingSince')
    await fault('deny')
    await advance(5 * MINUTE_MS)
    await expect(client.text(NAME)).rejects.toMatchObject({
      code: 'AccessDenied',
      message: expect.stringMatching(
        /^reads fail since 2026-\S+Z: KMS secret .* may not call kms:GetSecretValue on this secret/,
      ),
    })
    expect(client.status()[0]).not.toHaveProperty('versionId')
    await recover()
    await advance(2 * MINUTE_MS)
    expect(await client.text(NAME)).toBe(current)
  })

  it('is not read again without a caller if there is no value', async () => {
    const { client, advance, reads } = open()
    await expect(client.text('none')).rejects.toMatchObject({ code: 'NotFound' })
    await advance(50 * MINUTE_MS, 10_000)
    expect(reads()).toBe(1)
    expect(client.status()).toHaveLength(1)
    await advance(10 * MINUTE_MS, 10_000)
    expect(client.status()).toEqual([])
  })

  it('does not ask KMS for each caller while it fails', async () => {
    const { client, reads } = open()
    await fault('deny')
    for (let call = 0; call < 20; call += 1) await expect(client.text(NAME)).rejects.toThrow('may not')
    expect(reads()).toBe(1)
  })

  it.each([
    ['at once', 0, 15_000],
    ['three minutes late', 3 * MINUTE_MS, 6 * MINUTE_MS],
  ])('is read again after its planned rotation, which happens %s', async (_when, lateMs, withinMs) => {
    const own = new ManualClock()
    const next = new Date(own.now() + 10 * MINUTE_MS).toISOString()
    const secret = {
      name: 'acs/rds/main',
      type: 'Rds' as const,
      versions: [{ id: 'v1', data: '{"AccountName":"app","AccountPassword":"old"}' }],
      rotation: { automatic: true, interval: '86400s', next },
    }
    await using managed = await startTestKms({ secrets: [secret] }, own)
    const { client, advance, reads } = timedClient(managed, own, { refreshIntervalMs: 60 * MINUTE_MS })
    await using closing = client
    await closing.text(secret.name)
    await advance(10 * MINUTE_MS + lateMs, 2_500)
    await managed.control('POST', `/rotate/${secret.name}`, {})
    await advance(withinMs - lateMs, 2_500)
    expect((await client.read(secret.name)).versionId).not.toBe('v1')
    expect(reads()).toBeLessThan(12)
  })
})
