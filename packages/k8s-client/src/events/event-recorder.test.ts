import { SecretSyncError } from '@ack-secret-manager/core'
import { ManualClock } from '@ack-secret-manager/core/testing'
import { beforeEach, describe, expect, it } from 'vitest'
import type { EventRecord } from './event.ts'
import { EventRecorder, type EventRecorderOptions } from './event-recorder.ts'
import { KubeApiError } from '../client/kube-api-error.ts'

interface Written {
  readonly verb: 'create' | 'patch'
  readonly path: string
  readonly body: Record<string, unknown>
}

const refusal = (status: number): KubeApiError => new KubeApiError(`${status}`, { status, reason: '', causes: [] })

describe('EventRecorder', () => {
  let clock: ManualClock
  let written: Written[]
  let respond: (write: Written) => Promise<void>
  let errors: string[]

  beforeEach(() => {
    clock = new ManualClock()
    written = []
    errors = []
    respond = async () => {}
  })

  const write = async <T>(verb: Written['verb'], path: string, body: unknown): Promise<T> => {
    const entry = { verb, path, body: body as Record<string, unknown> }
    await respond(entry)
    written.push(entry)
    return body as T
  }
  const recorder = (options: Partial<EventRecorderOptions> = {}): EventRecorder =>
    new EventRecorder({
      client: {
        create: (path, object) => write('create', path, object),
        mergePatch: (path, patch) => write('patch', path, patch),
      },
      instance: 'pod-1',
      clock,
      onError: (error) => errors.push(error.message),
      ...options,
    })
  /** Blocks all writes until it is called. */
  const gate = (): (() => void) => {
    let open: () => void = () => {}
    const opened = new Promise<void>((resolve) => {
      open = resolve
    })
    respond = () => opened
    return () => open()
  }
  const notes = (): unknown[] => written.map(({ body }) => body.note)
  const event = (message: string, name = 'db', namespace = 'app'): EventRecord => ({
    regarding: { apiVersion: 'alibabacloud.com/v1alpha1', kind: 'ExternalSecret', namespace, name, uid: `uid-${name}` },
    type: 'Normal',
    reason: 'Synced',
    message,
  })

  it('writes an event with all required fields', async () => {
    const events = recorder()
    events.record(event('version v1'))
    await clock.advance(0)
    expect(written).toEqual([
      {
        verb: 'create',
        path: '/apis/events.k8s.io/v1/namespaces/app/events',
        body: {
          apiVersion: 'events.k8s.io/v1',
          kind: 'Event',
          metadata: { name: expect.stringMatching(/^db\.[0-9a-f]{16}$/), namespace: 'app' },
          eventTime: '2026-01-01T00:00:00.000000Z',
          type: 'Normal',
          reason: 'Synced',
          action: 'Sync',
          note: 'version v1',
          regarding: event('').regarding,
          reportingController: 'ack-secret-manager',
          reportingInstance: 'pod-1',
        },
      },
    ])
    await events.close()
  })

  it('writes the first repeat immediately, and further ones once a minute', async () => {
    const events = recorder()
    for (let second = 0; second < 150; second += 1) {
      events.record(event('again'))
      await clock.advance(1_000)
    }
    const patches = written.filter((entry) => entry.verb === 'patch').map((entry) => entry.body.series)
    expect(written.filter((entry) => entry.verb === 'create')).toHaveLength(1)
    expect(patches).toMatchObject([{ count: 2 }, { count: 62 }, { count: 122 }])
    await events.close()
    expect(written.at(-1)?.body.series).toMatchObject({ count: 150, lastObservedTime: '2026-01-01T00:02:29.000000Z' })
  })

  it('starts a new series for an equal event after a long time', async () => {
    const events = recorder()
    events.record(event('again'))
    await clock.advance(600_001)
    events.record(event('again'))
    await clock.advance(0)
    expect(written.map((entry) => entry.verb)).toEqual(['create', 'create'])
    await events.close()
  })

  it.each([
    ['queueLimit', Number.NaN],
    ['concurrency', 0],
    ['windowMs', -1],
    ['seriesIntervalMs', 0],
    ['burst', 1.5],
    ['refillMs', Infinity],
  ])('refuses the limit %s %d', (limit, value) => {
    expect(() => recorder({ [limit]: value })).toThrow(
      new RangeError(`${limit}: expected a whole number ≥ 1, got ${value}`),
    )
  })

  it('limits one object to its burst and one event per five minutes, and others separately', async () => {
    const events = recorder()
    for (let index = 0; index < 100; index += 1) events.record(event(`message ${index}`, 'noisy'))
    events.record(event('quiet', 'quiet'))
    await clock.advance(0)
    expect(written).toHaveLength(26)
    expect(events.stats).toMatchObject({ created: 26, dropped: { rateLimited: 75 } })
    await clock.advance(300_000)
    for (let index = 200; index < 210; index += 1) events.record(event(`message ${index}`, 'noisy'))
    await clock.advance(0)
    expect(written).toHaveLength(27)
    await events.close()
  })

  it('drops and counts the oldest events of a full queue', async () => {
    const open = gate()
    const drops: string[] = []
    const backlogs: number[] = []
    const events = recorder({
      queueLimit: 10,
      concurrency: 2,
      onDrop: (why) => drops.push(why),
      onBacklog: (dropped) => backlogs.push(dropped),
    })
    for (let index = 0; index < 30; index += 1) events.record(event('x', `object-${index}`))
    expect(events.stats).toMatchObject({ queued: 10, dropped: { overflow: 18 } })
    expect(drops).toEqual(Array.from({ length: 18 }, () => 'overflow'))
    expect(backlogs).toEqual([])
    open()
    await clock.advance(0)
    const names = written.map((entry) => (entry.body.regarding as { name: string }).name)
    expect(names.slice(2)).toEqual(Array.from({ length: 10 }, (_none, index) => `object-${index + 20}`))
    events.record(event('y'))
    await events.close()
    expect(backlogs).toEqual([18])
  })

  it('writes warnings first, and drops them last', async () => {
    const open = gate()
    const events = recorder({ queueLimit: 4, concurrency: 1 })
    const warning = (message: string): EventRecord => ({ ...event(message, message), type: 'Warning' })
    for (const message of ['first', 'n1', 'n2']) events.record(event(message, message))
    for (const message of ['w1', 'w2', 'w3', 'w4']) events.record(warning(message))
    expect(events.stats).toMatchObject({ queued: 4, dropped: { overflow: 2 } })
    events.record(event('n3', 'n3'))
    expect(events.stats.dropped.overflow).toBe(3)
    events.record(warning('w5'))
    open()
    await clock.advance(0)
    expect(notes()).toEqual(['first', 'w2', 'w3', 'w4', 'w5'])
    await events.close()
  })

  it('queues one event for each of ten thousand resources without a drop', async () => {
    const open = gate()
    const events = recorder()
    for (let index = 0; index < 10_000; index += 1) events.record(event('x', `object-${index}`))
    open()
    await clock.advance(0)
    expect(events.stats).toMatchObject({ created: 10_000, dropped: { overflow: 0, rateLimited: 0, failed: 0 } })
    await events.close()
  })

  it('retries while the API server is unavailable, and writes each event once', async () => {
    // The longest pauses, so that the attempts last until the API server is back.
    const events = recorder({ random: () => 0 })
    respond = async () => {
      throw new SecretSyncError('Unavailable', 'away')
    }
    events.record(event('one'))
    await clock.advance(600)
    // The second next attempt succeeds without a response, so the event already exists.
    const names: unknown[] = []
    respond = async (entry) => {
      names.push((entry.body.metadata as { name: string }).name)
      if (names.length === 1) throw new SecretSyncError('Timeout', 'slow')
      if (names.length === 2) throw refusal(409)
    }
    await clock.advance(60_000)
    expect(names).toHaveLength(2)
    expect(names[0]).toBe(names[1])
    expect(events.stats).toMatchObject({ created: 1, dropped: { failed: 0 } })
    await events.close()
  })

  it.each([
    ['immediately, if the API server rejects it', refusal(403), 0],
    ['after several attempts, if the API server stays unavailable', new SecretSyncError('Unavailable', 'away'), 60_000],
  ])('drops an event %s', async (_when, error, afterMs) => {
    const events = recorder()
    respond = () => Promise.reject(error)
    events.record(event('one'))
    await clock.advance(afterMs)
    expect(events.stats.dropped.failed).toBe(1)
    expect(errors).toEqual([error.message])
    await events.close()
  })

  it.each([
    ['for Retry-After', 30_000, 30_000],
    ['for at most a minute', 3_600_000, 60_000],
  ])('waits %s before the next attempt', async (_rule, retryAfterMs, pauseMs) => {
    const events = recorder()
    const throttled = new KubeApiError('429', { status: 429, reason: '', causes: [], retryAfterMs })
    respond = () => Promise.reject(throttled)
    events.record(event('x'))
    await clock.advance(0)
    respond = async () => {}
    await clock.advance(pauseMs - 1)
    expect(written).toEqual([])
    await clock.advance(1)
    expect(written).toHaveLength(1)
    await events.close()
  })

  it('closes at its deadline even if no write succeeds, and drops later events', async () => {
    const events = recorder()
    respond = () => Promise.reject(new SecretSyncError('Unavailable', 'away'))
    for (let index = 0; index < 50; index += 1) events.record(event('x', `object-${index}`))
    const closed = events.close({ timeoutMs: 5_000 })
    await clock.advance(5_000)
    await closed
    events.record(event('late'))
    const { overflow, failed } = events.stats.dropped
    expect(overflow + failed).toBe(51)
    expect(events.stats.queued).toBe(0)
  })

  it.each([
    ['ascii', 'x'.repeat(2_000), 'x'.repeat(1_021)],
    ['Chinese', '密'.repeat(500), '密'.repeat(340)],
    ['emoji', '🔑'.repeat(300), '🔑'.repeat(255)],
  ])('truncates a long message between characters: %s', async (_what, message, kept) => {
    const events = recorder()
    events.record(event(message))
    await clock.advance(0)
    expect(written[0]?.body.note).toBe(`${kept}…`)
    await events.close()
  })
})
