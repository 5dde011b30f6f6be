import { SecretSyncError } from '@ack-secret-manager/core'
import { expect, it } from 'vitest'
import { type EngineFixture, engineFixture } from './testing/engine-fixture.ts'
import { connectionOf } from './testing/fixtures.ts'

const SECOND = 1_000

it('reaches healthy resources although others of their namespace always have work', async () => {
  const names = (prefix: string, count: number): string[] => Array.from({ length: count }, (_, i) => `${prefix}-${i}`)
  const healthy = names('healthy', 5)
  const busy = names('busy', 200)
  const stores = { isRevoked: false, changes: 0 }
  const ready = new Map<string, string>()
  const fixture: EngineFixture = engineFixture(Object.fromEntries(healthy.map((name) => [name, 'one'])), {
    resolveStore: ({ ref }) => {
      const isBusy = ref?.name === 'busy'
      if (!isBusy && stores.isRevoked)
        return { kind: 'error', error: new SecretSyncError('StoreNotAllowed', 'revoked') }
      return { kind: 'ready', connection: connectionOf(fixture.backend, isBusy ? `busy ${stores.changes}` : 'me') }
    },
    reporter: {
      writeStatus: async ({ name }, { conditions: [condition] }) => {
        ready.set(name, `${condition?.status} ${condition?.reason}`)
      },
    },
    defaults: { intervalMs: 30 * SECOND },
    graceMs: 0,
  })
  const { clock, engine, backend } = fixture
  const add = (name: string, store: string): void =>
    fixture.upsert({ data: [{ key: name, name: 'password', secretStoreRef: { name: store } }] }, { name, uid: name })
  for (const name of healthy) add(name, 'kms')
  await clock.advance(5 * SECOND)
  for (const name of busy) {
    fixture.values.set(name, async () => {
      await new Promise<void>((resolve) => clock.setTimeout(resolve, 2 * SECOND))
      throw new SecretSyncError('AccessDenied', 'denied')
    })
    add(name, 'busy')
  }
  // Their reads take 50 s, and all of them are due again after 20 s.
  const change = (): void => {
    stores.changes += 1
    engine.storesChanged(({ name }) => name.startsWith('busy'))
    clock.setTimeout(change, 20 * SECOND)
  }
  change()
  await clock.advance(5 * SECOND)
  const readsOf = (): number => backend.reads.filter((name) => name.startsWith('healthy')).length
  const before = readsOf()
  stores.isRevoked = true
  engine.storesChanged(({ name }) => name.startsWith('healthy'))
  await clock.advance(150 * SECOND)
  expect(healthy.map((name) => ready.get(name))).toEqual(healthy.map(() => 'False StoreNotAllowed'))
  expect(readsOf()).toBe(before)
})
