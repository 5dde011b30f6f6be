import { defined, type SecretValue } from '@ack-secret-manager/core'
import { describe, expect, it } from 'vitest'
import { type EngineFixture, engineFixture } from './testing/engine-fixture.ts'
import { connectionOf, valueOf } from './testing/fixtures.ts'

const SECOND = 1_000

/** Resources of one store, each with one secret that is read every three seconds. */
function start(count: number, initial: { maxReadsPerSecond?: number } = {}) {
  const names = Array.from({ length: count }, (_, index) => `app-${index}`)
  const store: { maxReadsPerSecond?: number; identity: string; resolved: number } = {
    ...initial,
    identity: 'me',
    resolved: 0,
  }
  const failed: string[] = []
  const ready = new Map<string, string>()
  const fixture: EngineFixture = engineFixture(Object.fromEntries(names.map((name) => [name, name])), {
    resolveStore: () => {
      store.resolved += 1
      const { maxReadsPerSecond, identity } = store
      const limit = maxReadsPerSecond === undefined ? undefined : { store: 'kms', isShared: true, maxReadsPerSecond }
      return { kind: 'ready', connection: connectionOf(fixture.backend, identity), ...defined({ limit }) }
    },
    defaults: { intervalMs: 3 * SECOND },
    observer: { failed: (_key, { message }) => failed.push(message) },
    reporter: {
      writeStatus: async ({ name }, { conditions: [condition] }) => {
        ready.set(name, `${condition?.status} ${condition?.reason}`)
      },
    },
    // The reads that wait for the limit need time that the clock of the test does not give.
    graceMs: 0,
  })
  for (const name of names) fixture.upsert({ data: [{ key: name, name: 'password' }] }, { name, uid: name })
  return { ...fixture, store, reads: fixture.backend.reads, failed, readyOf: (name: string) => ready.get(name) }
}

describe('a change of a store', () => {
  it('limits the reads of all its resources at once', async () => {
    const stage = start(60)
    await stage.clock.advance(30 * SECOND)
    stage.store.maxReadsPerSecond = 1
    stage.engine.storesChanged()
    const before = stage.reads.length
    await stage.clock.advance(10 * SECOND)
    expect(stage.reads.length - before).toBeLessThanOrEqual(11)
  })

  it('plans the reads of many resources over several turns, and is not idle before', async () => {
    const stage = start(700)
    await stage.clock.advance(0)
    stage.store.resolved = 0
    stage.engine.storesChanged()
    expect(stage.store.resolved).toBeLessThanOrEqual(500)
    const before = stage.store.resolved
    await stage.engine.idle()
    expect(stage.store.resolved).toBeGreaterThanOrEqual(before + 700)
  })

  it('is applied first to resources that fail, and they are ready before the others are read', async () => {
    const stage = start(80)
    const failing = Array.from({ length: 24 }, (_, index) => `app-${56 + index}`)
    const reported = (): (string | undefined)[] => [...new Set(failing.map(stage.readyOf))]
    await stage.clock.advance(3 * SECOND)
    for (const name of failing) stage.fail(name, 'Unauthenticated')
    await stage.clock.advance(3 * SECOND)
    expect(reported()).toEqual(['False AuthenticationFailed'])
    const slow = async (name: string): Promise<SecretValue> => {
      await new Promise<void>((resolve) => stage.clock.setTimeout(resolve, SECOND))
      return valueOf(name)
    }
    for (let index = 0; index < 80; index += 1) stage.values.set(`app-${index}`, () => slow(`app-${index}`))
    // A namespace may use eight workers, so all reads take ten seconds. The first eight are under way at once.
    stage.store.identity = 'other'
    stage.engine.storesChanged()
    await stage.clock.advance(4.5 * SECOND)
    expect(reported()).toEqual(['True Synced'])
    await stage.clock.advance(10 * SECOND)
    expect([stage.engine.stats().ready.True, stage.writer.actions.length]).toEqual([80, 80])
  })

  it('does not fail a sync whose reads are replaced', async () => {
    const stage = start(3, { maxReadsPerSecond: 1 })
    await stage.clock.advance(500)
    expect(stage.reads).toHaveLength(1)
    stage.store.identity = 'other'
    stage.engine.storesChanged()
    await stage.clock.advance(10 * SECOND)
    expect(stage.failed).toEqual([])
    expect(stage.engine.stats().ready.True).toBe(3)
  })
})
