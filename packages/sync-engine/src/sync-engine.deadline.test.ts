import { describe, expect, it } from 'vitest'
import { type EngineFixture, engineFixture } from './testing/engine-fixture.ts'
import { connectionOf } from './testing/fixtures.ts'

const MINUTE = 60_000
const NAMES = ['a', 'b', 'c']

/** An engine whose only store allows one read in 500 seconds. */
function start() {
  const failed: string[] = []
  const limit = { perSecond: 1 / 500 }
  const fixture: EngineFixture = engineFixture(Object.fromEntries(NAMES.map((name) => [name, name])), {
    standby: true,
    resolveStore: () => ({
      kind: 'ready',
      connection: connectionOf(fixture.backend),
      limit: { store: 'SecretStore default/kms', isShared: true, maxReadsPerSecond: limit.perSecond },
    }),
    defaults: { intervalMs: 24 * 60 * MINUTE },
    observer: { failed: (_key, { message }) => failed.push(message) },
  })
  const { statuses, upsert } = fixture
  const apply = (): void => upsert({ data: NAMES.map((key) => ({ key, name: key })) })
  const reported = () =>
    statuses.map(({ conditions: [ready] }) => `${ready?.status} ${ready?.reason}: ${ready?.message}`)
  return { ...fixture, limit, apply, reported, failed }
}

describe('a sync that reaches its deadline each time', () => {
  it('reports once after two minutes how many reads wait for which limit, and the recovery', async () => {
    const stage = start()
    stage.engine.start()
    stage.apply()
    await stage.clock.advance(110_000)
    expect(stage.reported()).toEqual([])
    await stage.clock.advance(8 * MINUTE)
    expect(stage.reported()).toEqual([
      'False Unavailable: 2 of 3 secrets were not read within 60 s: reads wait for the rate limit of SecretStore default/kms (0.002 per second), or of the account',
    ])
    expect(new Set(stage.failed)).toEqual(new Set(['work on default/web: no response within 60000 ms']))
    stage.limit.perSecond = 10
    stage.engine.storesChanged()
    await stage.clock.advance(2 * MINUTE)
    expect(stage.reported().at(-1)).toMatch(/^True Synced/)
    expect(stage.writer.textsOf('web')).toEqual({ a: 'a', b: 'b', c: 'c' })
  })

  it('reports after two minutes, once, that the API server does not respond', async () => {
    const stage = start()
    const observe = (_target: unknown, { signal }: { signal: AbortSignal }) =>
      new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))
    Object.assign(stage.writer, { observe })
    stage.engine.start()
    stage.apply()
    await stage.clock.advance(10 * MINUTE)
    expect(stage.reported()).toEqual(['False WriteFailed: work on default/web: no response within 60000 ms'])
  })
})
