import { SecretSyncError } from '@ack-secret-manager/core'
import { ManualClock } from '@ack-secret-manager/core/testing'
import type { ExternalSecretStatus } from '@ack-secret-manager/resources'
import { MemoryWriter } from '@ack-secret-manager/test-support/memory-writer'
import { afterEach, describe, expect, it } from 'vitest'
import type { ResolveStore } from './plan/compile.ts'
import { RateLimits } from './sources/read-queue/rate-limit.ts'
import { SyncEngine } from './sync-engine.ts'
import { connectionOf, digester, type FakeValue, mapBackend, resourceOf, specOf, valueOf } from './testing/fixtures.ts'

const data = (...keys: string[]): object => ({
  data: keys.map((key) => ({ key, name: key, secretStoreRef: { name: 'shared' } })),
})
let close: (() => Promise<void>) | undefined

/** An engine with a store that can forbid secrets at any time, and a backend that responds when the test allows it. */
function start(names: readonly string[]) {
  const clock = new ManualClock()
  const values = new Map<string, FakeValue>(names.map((name) => [name, valueOf('one')]))
  const connection = connectionOf(mapBackend(values))
  const forbidden = new Set<string>()
  const resolveStore: ResolveStore = ({ secret }) =>
    forbidden.has(secret)
      ? { kind: 'error', error: new SecretSyncError('StoreNotAllowed', `not ${secret}`) }
      : { kind: 'ready', connection }
  const writer = new MemoryWriter(digester)
  const statuses: ExternalSecretStatus[] = []
  const engine = new SyncEngine({
    writer,
    digester,
    clock,
    random: () => 0.5,
    resolveStore,
    sources: { rateLimits: new RateLimits({ qps: 0 }) },
    reporter: {
      writeStatus: async (_resource, status) => void statuses.push(status),
      recordEvent: () => undefined,
    },
  })
  close = () => engine.close()
  engine.start()
  /** Delays the next response for a secret until the returned function is called. */
  const hold = (name: string, text: string): (() => void) => {
    let respond = (): void => undefined
    const released = new Promise<void>((resolve) => {
      respond = resolve
    })
    values.set(name, async () => {
      await released
      return valueOf(text, 'v2')
    })
    return () => respond()
  }
  const ready = () => statuses.at(-1)?.conditions.find(({ type }) => type === 'Ready')
  return { clock, engine, writer, forbidden, hold, ready }
}

describe('a store that forbids a secret while it is being read', () => {
  afterEach(async () => {
    await close?.()
    close = undefined
  })

  it('creates no Secret with its value', async () => {
    const { clock, engine, writer, forbidden, hold, ready } = start([])
    const respond = hold('db', 'taken')
    engine.upsert(resourceOf(specOf(data('db'))))
    await clock.advance(0)
    forbidden.add('db')
    respond()
    await clock.advance(0)
    expect(writer.actions).toEqual([])
    expect(ready()).toMatchObject({ status: 'False', reason: 'StoreNotAllowed' })
  })

  it('keeps the Secret, and writes values that are still allowed', async () => {
    const { clock, engine, writer, forbidden, hold, ready } = start(['db', 'token'])
    engine.upsert(resourceOf(specOf(data('db', 'token'))))
    await clock.advance(0)
    expect(writer.textsOf('web')).toEqual({ db: 'one', token: 'one' })
    const responses = [hold('db', 'taken'), hold('token', 'two')]
    await clock.advance(120_000)
    forbidden.add('db')
    for (const respond of responses) respond()
    await clock.advance(120_000)
    expect(writer.textsOf('web')).toEqual({ db: 'one', token: 'two' })
    expect(ready()).toMatchObject({
      reason: 'Degraded',
      message: expect.stringContaining('StoreNotAllowed') as unknown,
    })
  })
})
