import { type BackendConnection, type SecretBackend, SecretSyncError, Sensitive } from '@ack-secret-manager/core'
import { ManualClock } from '@ack-secret-manager/core/testing'
import { describe, expect, it } from 'vitest'
import { createSecretClient } from './create-secret-client.ts'
import type { SecretClient } from './secret-client.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const value = { bytes: new Sensitive(Buffer.from('first')), versionId: 'v1' }

function open(
  read: () => unknown,
  clock = new ManualClock(),
  close = async (): Promise<void> => undefined,
): SecretClient {
  // An application may be written in JavaScript.
  const backend = { read: async () => read(), close } as unknown as SecretBackend
  const connection = { key: '', kind: 'vault', quota: { account: '', region: '' }, backend }
  return createSecretClient({ connection, clock, random: () => 0 })
}

describe('with the backend of an application', () => {
  it.each<[what: string, value: unknown]>([
    ['nothing', undefined],
    ['no bytes', { versionId: 'v1' }],
    ['bytes that are not wrapped', { bytes: Buffer.from('x'), versionId: 'v1' }],
    ['text as bytes', { bytes: { expose: () => 'x' }, versionId: 'v1' }],
    ['no version', { bytes: value.bytes }],
  ])('a read that returns %s fails', async (_what, returned) => {
    const clock = new ManualClock()
    await using client = open(() => returned, clock)
    const reading = client.text('db').catch((error: unknown) => error)
    await clock.advance(MINUTE_MS)
    expect(await reading).toMatchObject({
      code: 'InvalidResponse',
      message: 'secret "db": the backend returned no bytes or no version id (read as backend vault)',
    })
  })

  it('a backend that writes each value into the same buffer does not hide a change', async () => {
    const buffer = Buffer.from('first')
    const clock = new ManualClock()
    await using client = open(() => ({ bytes: new Sensitive(buffer), versionId: 'v1' }), clock)
    const version = await client.read('db')
    const watching = client.watch('db')
    await watching.next()
    buffer.write('other')
    expect(version.text()).toBe('first')
    const changed = watching.next()
    await clock.advance(3 * MINUTE_MS)
    expect((await changed).value?.text()).toBe('other')
  })

  it.each(['versionStage', 'versionId'])('refuses %s: null, instead of reading the current version', async (option) => {
    let reads = 0
    await using client = open(() => ((reads += 1), value))
    await expect(client.text('db', { [option]: null })).rejects.toMatchObject({
      code: 'InvalidSpec',
      message: `${option}: expected a text that is not empty`,
    })
    expect(reads).toBe(0)
  })

  it('a watch ends by return while its first read hangs', async () => {
    await using client = open(() => new Promise(() => undefined))
    const watching = client.watch('db')
    const first = watching.next()
    expect(await watching.return()).toEqual({ done: true, value: undefined })
    expect(await first).toEqual({ done: true, value: undefined })
  })

  it('close() fails when the backend does not close in time', async () => {
    const clock = new ManualClock()
    const hanging = (): Promise<void> => new Promise(() => undefined)
    const closing = open(() => value, clock, hanging).close()
    const failure = closing.catch((error: unknown) => error)
    await clock.advance(10_000)
    expect(await failure).toMatchObject({
      code: 'Timeout',
      message: 'closing the backend: no response within 10000 ms',
    })
  })

  it('bytes() is a copy also of a buffer', async () => {
    await using client = open(() => value)
    const bytes = await client.bytes('db')
    bytes.fill(0)
    expect(await client.text('db')).toBe('first')
  })

  it.each<[what: string, read: (count: number) => unknown]>([
    ['time of the next rotation', () => ({ ...value, rotation: { automatic: true, nextMs: Number.NaN } })],
    [
      'pause of a throttled read',
      (count) => {
        if (count === 1) return value
        throw new SecretSyncError('Throttled', 'later', { facts: { retryAfterMs: Number.NaN } })
      },
    ],
  ])('a malformed %s does not cause more reads', async (_what, read) => {
    const clock = new ManualClock()
    let count = 0
    // Ends a loop without pauses.
    const limited = (): unknown => (count < 200 ? read((count += 1)) : new Promise(() => undefined))
    await using client = open(limited, clock)
    await client.text('db')
    for (let minute = 0; minute < 60; minute += 1) {
      await clock.advance(MINUTE_MS)
      await client.text('db').catch(() => undefined)
    }
    expect(count).toBeGreaterThan(20)
    expect(count).toBeLessThan((2 * HOUR_MS) / MINUTE_MS)
  })

  it('every call of close() waits until everything is closed', async () => {
    const closing = Promise.withResolvers<undefined>()
    const client = open(
      () => value,
      new ManualClock(),
      () => closing.promise,
    )
    const ended: number[] = []
    const calls = [1, 2].map(async (call) => {
      await client.close()
      ended.push(call)
    })
    await new Promise(setImmediate)
    expect(ended).toEqual([])
    closing.resolve(undefined)
    await Promise.all(calls)
  })

  it.each<[what: string, connection: unknown]>([
    ['a backend alone', { read: async () => value, close: async () => undefined }],
    ['nothing', null],
    ['a backend without close', { backend: { read: async () => value } }],
  ])('the option is not %s', (_what, connection) =>
    expect(() => createSecretClient({ connection: connection as BackendConnection })).toThrow(
      'connection: expected a BackendConnection, whose backend has the methods read and close',
    ),
  )
})
