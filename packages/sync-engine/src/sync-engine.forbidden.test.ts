import { SecretSyncError } from '@ack-secret-manager/core'
import { describe, expect, it } from 'vitest'
import { type EngineFixture, engineFixture, heldValue } from './testing/engine-fixture.ts'
import { valueOf } from './testing/fixtures.ts'

const data = (...keys: string[]): object => ({
  data: keys.map((key) => ({ key, name: key, secretStoreRef: { name: 'shared' } })),
})

/** An engine with a store that can forbid secrets at any time, and a backend that responds when the test allows it. */
function start(names: readonly string[]) {
  const forbidden = new Set<string>()
  const fixture: EngineFixture = engineFixture(Object.fromEntries(names.map((name) => [name, 'one'])), {
    resolveStore: ({ secret = '' }) =>
      forbidden.has(secret)
        ? { kind: 'error', error: new SecretSyncError('StoreNotAllowed', `not ${secret}`) }
        : fixture.store.resolution,
  })
  /** Delays the next response for a secret until the returned function is called. */
  const hold = (name: string, text: string): (() => void) => {
    const { held, respond } = heldValue(valueOf(text, 'v2'))
    fixture.values.set(name, held)
    return respond
  }
  return { ...fixture, forbidden, hold }
}

describe('a store that forbids a secret while it is being read', () => {
  it('creates no Secret with its value', async () => {
    const { clock, upsert, writer, forbidden, hold, readyCondition } = start([])
    const respond = hold('db', 'taken')
    upsert(data('db'))
    await clock.advance(0)
    forbidden.add('db')
    respond()
    await clock.advance(0)
    expect(writer.actions).toEqual([])
    expect(readyCondition()).toMatchObject({ status: 'False', reason: 'StoreNotAllowed' })
  })

  it('keeps the Secret, and writes values that are still allowed', async () => {
    const { clock, upsert, writer, forbidden, hold, readyCondition } = start(['db', 'token'])
    upsert(data('db', 'token'))
    await clock.advance(0)
    expect(writer.textsOf('web')).toEqual({ db: 'one', token: 'one' })
    const responses = [hold('db', 'taken'), hold('token', 'two')]
    await clock.advance(120_000)
    forbidden.add('db')
    for (const respond of responses) respond()
    await clock.advance(120_000)
    expect(writer.textsOf('web')).toEqual({ db: 'one', token: 'two' })
    expect(readyCondition()).toMatchObject({
      reason: 'Degraded',
      message: expect.stringContaining('StoreNotAllowed') as unknown,
    })
  })
})
