import { isSecretSyncError, type RenderRequest, sleep } from '@ack-secret-manager/core'
import { ManualClock } from '@ack-secret-manager/core/testing'
import { PRIORITY } from '@ack-secret-manager/sync-engine'
import { describe, expect, it } from 'vitest'
import { type LaneRun, PushLanes } from './push-lanes.ts'
import { RenderTurns } from './render-turns.ts'

class Fixture {
  readonly clock = new ManualClock(0)
  readonly laneOf = new Map<string, string>()
  /** Keys in progress, with what ends them. */
  readonly running = new Map<string, () => void>()
  readonly runs = new Map<string, LaneRun>()
  readonly started: string[] = []
  readonly overlaps: string[] = []
  readonly errors: string[] = []
  onStart = (_key: string, _run: LaneRun): void => undefined
  readonly lanes = new PushLanes({
    process: async (key, run) => {
      this.started.push(key)
      this.runs.set(key, run)
      if (this.running.has(key)) this.overlaps.push(key)
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      this.running.set(key, resolve)
      run.signal.addEventListener('abort', () => reject(new Error('cut off')))
      this.onStart(key, run)
      await promise.finally(() => this.running.delete(key))
    },
    laneOf: (key) => this.laneOf.get(key) ?? '',
    onTimeout: async () => undefined,
    onError: (key, error) => {
      this.errors.push(`${key}: ${isSecretSyncError(error) ? `${error.code} ${error.message}` : String(error)}`)
    },
    clock: this.clock,
    random: () => 0,
  })

  add(key: string, lane: string): void {
    this.laneOf.set(key, lane)
    this.lanes.add(key, PRIORITY.changed)
  }

  /** Number of keys in progress. */
  count(isCounted: (key: string) => boolean = () => true): number {
    return [...this.running.keys()].filter(isCounted).length
  }

  async end(key: string): Promise<void> {
    this.running.get(key)?.()
    await this.clock.advance(0)
  }
}

it('keeps workers for other endpoints while some hang', async () => {
  const push = new Fixture()
  push.lanes.start()
  for (let endpoint = 0; endpoint < 30; endpoint += 1) {
    for (let each = 0; each < 10; each += 1) push.add(`ns-${each}/to-${endpoint}`, `hangs-${endpoint}`)
  }
  push.add('shop/web', 'works')
  await push.clock.advance(0)
  expect(push.running.has('shop/web')).toBe(true)
  expect(push.count((key) => key.endsWith('to-7'))).toBe(4)
})

it('leaves half of the workers of an endpoint to other namespaces', async () => {
  const push = new Fixture()
  push.lanes.start()
  for (let each = 0; each < 1_000; each += 1) push.add(`loud/${each}`, 'kms')
  await push.clock.advance(0)
  expect(push.running.size).toBe(2)
  push.add('quiet/web', 'kms')
  await push.clock.advance(0)
  expect(push.running.has('quiet/web')).toBe(true)
})

it('gives a namespace that names many endpoints sixteen workers, and all others theirs', async () => {
  const push = new Fixture()
  push.lanes.start()
  for (let each = 0; each < 200; each += 1) push.add(`loud/${each}`, `kms-${each}`)
  for (let each = 0; each < 40; each += 1) push.add(`ns-${each}/web`, `own-${each}`)
  await push.clock.advance(0)
  expect([push.count((key) => key.startsWith('loud/')), push.count((key) => key.startsWith('ns-'))]).toEqual([16, 40])
})

it('has a limit for all endpoints together', async () => {
  const push = new Fixture()
  push.lanes.start()
  for (let each = 0; each < 1_000; each += 1) push.add(`ns-${each}/web`, `kms-${each}`)
  await push.clock.advance(0)
  expect(push.running.size).toBe(256)
  await push.end('ns-0/web')
  expect([push.running.size, push.running.has('ns-256/web')]).toEqual([256, true])
})

it('forgets endpoints whose work has ended, even if their next run is scheduled', async () => {
  const push = new Fixture()
  push.lanes.start()
  for (let each = 0; each < 5_000; each += 1) {
    push.add(`loud/${each}`, `kms-${each}`)
    push.lanes.addAfter(`loud/${each}`, 3_600_000, PRIORITY.routine)
    // oxlint-disable-next-line no-await-in-loop -- one after another
    await push.end(`loud/${each}`)
  }
  expect([push.started.length, push.running.size]).toEqual([5_000, 0])
  for (let each = 0; each < 6; each += 1) push.add(`ns-${each}/web`, 'kms')
  await push.clock.advance(0)
  expect(push.running.size).toBe(4)
})

describe('while runs wait for the renderer', () => {
  const request: RenderRequest = { templates: [], data: new Map(), seed: '' }
  let push: Fixture
  /** What ends the render that has its turn. */
  let endRender: PromiseWithResolvers<void>
  const turns = (): RenderTurns => new RenderTurns({ render: () => endRender.promise.then(() => []) })

  /** Starts the lanes, and renders in the runs of these namespaces. */
  const start = (renders: RenderTurns, namespaces: readonly string[]): void => {
    push = new Fixture()
    endRender = Promise.withResolvers()
    push.onStart = (key, run) => {
      const [namespace = ''] = key.split('/')
      if (namespaces.includes(namespace)) void renders.of({ ...run, namespace }).render(request, run)
    }
    push.lanes.start()
  }

  it('leaves the workers of their endpoint to others', async () => {
    const slow = ['slow-0', 'slow-1', 'slow-2', 'slow-3']
    start(turns(), slow)
    for (const namespace of slow) push.add(`${namespace}/web`, 'kms')
    await push.clock.advance(0)
    push.add('shop/web', 'kms')
    await push.clock.advance(0)
    expect([...push.running.keys()]).toEqual([...slow.map((namespace) => `${namespace}/web`), 'shop/web'])
  })

  it('lets a namespace have sixteen of them, which leave two workers of their endpoint to others when they continue', async () => {
    start(turns(), ['slow'])
    for (let each = 0; each < 40; each += 1) push.add(`slow/${each}`, 'kms')
    await push.clock.advance(0)
    expect(push.running.size).toBe(16)
    endRender.resolve()
    await push.clock.advance(0)
    for (const namespace of ['shop', 'bank', 'farm']) push.add(`${namespace}/web`, 'kms')
    await push.clock.advance(0)
    expect([push.running.size, push.running.has('shop/web'), push.running.has('bank/web')]).toEqual([18, true, true])
    for (let each = 0; each < 14; each += 1) await push.end(`slow/${each}`)
    expect([push.count((key) => key.startsWith('slow/')), push.running.has('farm/web')]).toEqual([2, false])
  })
})

it('separates namespaces whose store is not ready, or does not allow them to push', async () => {
  const push = new Fixture()
  push.lanes.start()
  for (let each = 0; each < 40; each += 1) push.add(`ns-${each % 4}/${each}`, '')
  push.add('shop/web', '')
  await push.clock.advance(0)
  expect([push.running.size, push.running.has('shop/web')]).toEqual([9, true])
})

it('never processes a key twice at once, and moves it when its endpoint changes', async () => {
  const push = new Fixture()
  push.lanes.start()
  push.add('shop/web', 'former')
  await push.clock.advance(0)
  push.add('shop/web', 'new')
  push.lanes.addAfter('shop/web', 10, PRIORITY.routine)
  await push.clock.advance(20)
  expect(push.started).toEqual(['shop/web'])
  // Takes all workers of the former endpoint that its namespace may have.
  for (let each = 0; each < 4; each += 1) push.add(`shop/${each}`, 'former')
  push.running.get('shop/web')?.()
  await push.clock.advance(20)
  expect(push.started.filter((key) => key === 'shop/web')).toHaveLength(2)
  expect(push.overlaps).toEqual([])
})

it.each([
  ['at once', 0],
  ['with a delay', 10],
])('moves a key that waits for a worker, when it is added %s', async (_when, delayMs) => {
  const push = new Fixture()
  push.lanes.start()
  for (let each = 0; each < 3; each += 1) push.add(`shop/${each}`, 'hangs')
  push.add('shop/web', 'hangs')
  await push.clock.advance(0)
  expect(push.running.has('shop/web')).toBe(false)
  push.laneOf.set('shop/web', 'works')
  if (delayMs === 0) push.lanes.add('shop/web', PRIORITY.changed)
  else push.lanes.addAfter('shop/web', delayMs, PRIORITY.changed)
  await push.clock.advance(0)
  expect(push.running.has('shop/web')).toBe(true)
})

it('waits for the current run when a key is dropped, and starts no other', async () => {
  const push = new Fixture()
  push.lanes.start()
  push.add('shop/web', 'kms')
  await push.clock.advance(0)
  let isDropped = false
  const dropped = push.lanes.drop('shop/web').then(() => (isDropped = true))
  await push.clock.advance(0)
  expect(isDropped).toBe(false)
  push.running.get('shop/web')?.()
  await dropped
  await push.lanes.close(0)
  push.add('shop/web', 'another')
  await push.clock.advance(1_000)
  expect(push.started).toEqual(['shop/web'])
})

it('ends a run that hangs, but not one that waits for the quota', async () => {
  const push = new Fixture()
  push.lanes.start()
  for (const name of ['hangs', 'waits']) push.add(`shop/${name}`, 'kms')
  await push.clock.advance(0)
  const { signal } = new AbortController()
  const wait = push.runs.get('shop/waits')?.waiting(() => sleep(3_000_000, { clock: push.clock, signal }))
  await push.clock.advance(300_000)
  expect(push.errors).toEqual(['shop/hangs: Timeout pushing shop/hangs: not finished within 300000 ms'])
  await push.clock.advance(2_700_000)
  await wait
  expect(push.running.has('shop/waits')).toBe(true)
  await push.clock.advance(300_000)
  expect(push.errors).toContain('shop/waits: Timeout pushing shop/waits: not finished within 300000 ms')
})
