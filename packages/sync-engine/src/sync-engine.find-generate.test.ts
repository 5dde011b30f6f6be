import { Sensitive, type SecretGenerator } from '@ack-secret-manager/core'
import { expect, it } from 'vitest'
import type { CreateGenerator } from './generate/generated-plan.ts'
import { engineFixture, INTERVAL } from './testing/engine-fixture.ts'
import { connectionOf } from './testing/fixtures.ts'
import { APP } from './testing/find-fixture.ts'
import { ListingManager } from './testing/listing-manager.ts'

it('keeps a generated value next to found secrets, of which none takes its key', async () => {
  const kms = new ListingManager(['app/a', 'app/b'])
  let generated = 0
  const createGenerator: CreateGenerator = () => {
    const generator: SecretGenerator = {
      kind: 'password',
      settings: '1',
      renewsOnChange: false,
      renewAfterMs: 10 * INTERVAL,
      generate: async () => ({ value: new Sensitive<Uint8Array>(Buffer.from(`new-${(generated += 1)}`)) }),
    }
    return generator
  }
  const connection = connectionOf(kms.backend)
  const resolveStore = () => ({ kind: 'ready', connection }) as const
  const { upsert, clock, writer, ready, message, engine } = engineFixture({}, { createGenerator, resolveStore })
  const keys = () => writer.textsOf('web')
  upsert({ ...APP, generate: [{ name: 'password', password: {} }] })
  await clock.advance(5_000)
  expect(keys()).toEqual({ a: 'value of app/a', b: 'value of app/b', password: 'new-1' })
  expect(ready()).toBe('True Synced')

  kms.put('app/password')
  kms.put('app/c')
  await clock.advance(INTERVAL + 1_000)
  expect(keys()).toEqual({ a: 'value of app/a', b: 'value of app/b', c: 'value of app/c', password: 'new-1' })
  expect(ready()).toBe('False Degraded')
  expect(message()).toContain('key password of app/password is also produced by')

  kms.secrets.delete('app/password')
  kms.secrets.delete('app/b')
  kms.put('app/a', undefined, 'changed')
  await clock.advance(3 * INTERVAL)
  expect(keys()).toEqual({ a: 'changed', c: 'value of app/c', password: 'new-1' })
  expect(ready()).toBe('True Synced')

  await clock.advance(10 * INTERVAL)
  expect(keys()).toEqual({ a: 'changed', c: 'value of app/c', password: 'new-2' })
  expect(generated).toBe(2)
  expect(engine.stats().sweeps.lists).toBe(1)
})
