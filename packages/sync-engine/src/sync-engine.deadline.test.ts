import { ManualClock } from '@ack-secret-manager/core/testing'
import type { ExternalSecretStatus } from '@ack-secret-manager/resources'
import { MemoryWriter } from '@ack-secret-manager/test-support/memory-writer'
import { afterEach, describe, expect, it } from 'vitest'
import { RateLimits } from './sources/read-queue/rate-limit.ts'
import { SyncEngine } from './sync-engine.ts'
import { connectionOf, digester, type FakeValue, mapBackend, resourceOf, specOf, valueOf } from './testing/fixtures.ts'

const MINUTE = 60_000

/** An engine whose only store allows one read in 500 seconds. */
function start() {
  const clock = new ManualClock()
  const values = new Map<string, FakeValue>(['a', 'b', 'c'].map((name) => [name, valueOf(name)]))
  const writer = new MemoryWriter(digester)
  const statuses: ExternalSecretStatus[] = []
  const failed: string[] = []
  const limit = { perSecond: 1 / 500 }
  const engine = new SyncEngine({
    writer,
    digester,
    clock,
    random: () => 0.5,
    resolveStore: () => ({
      kind: 'ready',
      connection: connectionOf(mapBackend(values)),
      limit: { store: 'SecretStore default/kms', isShared: true, maxReadsPerSecond: limit.perSecond },
    }),
    defaults: { intervalMs: 24 * 60 * MINUTE, disablePolling: false },
    sources: { rateLimits: new RateLimits({ qps: 0 }) },
    reporter: {
      writeStatus: (_resource, status) => {
        statuses.push(status)
        return Promise.resolve()
      },
      recordEvent: () => undefined,
    },
    observer: { failed: (_key, { message }) => failed.push(message) },
  })
  const apply = (): void =>
    engine.upsert(resourceOf(specOf({ data: ['a', 'b', 'c'].map((key) => ({ key, name: key })) })))
  const reported = () =>
    statuses.map(({ conditions: [ready] }) => `${ready?.status} ${ready?.reason}: ${ready?.message}`)
  return { clock, engine, writer, limit, apply, reported, failed }
}

describe('a sync that reaches its deadline each time', () => {
  let engine: SyncEngine
  afterEach(() => engine.close(0))

  it('reports once after two minutes how many reads wait for which limit, and the recovery', async () => {
    const stage = start()
    engine = stage.engine
    engine.start()
    stage.apply()
    await stage.clock.advance(110_000)
    expect(stage.reported()).toEqual([])
    await stage.clock.advance(8 * MINUTE)
    expect(stage.reported()).toEqual([
      'False Unavailable: 2 of 3 secrets were not read within 60 s: reads wait for the rate limit of SecretStore default/kms (0.002 per second), or of the account',
    ])
    expect(new Set(stage.failed)).toEqual(new Set(['work on default/web: no response within 60000 ms']))
    stage.limit.perSecond = 10
    engine.storesChanged()
    await stage.clock.advance(2 * MINUTE)
    expect(stage.reported().at(-1)).toMatch(/^True Synced/)
    expect(stage.writer.textsOf('web')).toEqual({ a: 'a', b: 'b', c: 'c' })
  })

  it('reports after two minutes, once, that the API server does not respond', async () => {
    const stage = start()
    engine = stage.engine
    const observe = (_target: unknown, { signal }: { signal: AbortSignal }) =>
      new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))
    Object.assign(stage.writer, { observe })
    engine.start()
    stage.apply()
    await stage.clock.advance(10 * MINUTE)
    expect(stage.reported()).toEqual(['False WriteFailed: work on default/web: no response within 60000 ms'])
  })
})
