import { SecretSyncError } from '@ack-secret-manager/core'
import { ManualClock } from '@ack-secret-manager/core/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isReport, PRIORITY, type Priority } from './priority.ts'
import { MAX_REPORT_WAIT_MS } from './work-lanes.ts'
import { WorkQueue, type WorkQueueOptions } from './work-queue.ts'

/** A queue whose items are finished by the test. */
function harness(more: Partial<WorkQueueOptions> = {}) {
  const clock = new ManualClock()
  const started: string[] = []
  const errors: string[] = []
  const open = new Map<string, { resolve: () => void; reject: (error: unknown) => void }>()
  /** Keys whose report is being sent. */
  const reporting = new Set<string>()
  const queue = new WorkQueue({
    clock,
    random: () => 0,
    process: (key, _signal, _stopping, priority) => {
      started.push(key)
      if (isReport(priority)) reporting.add(key)
      return new Promise<void>((resolve, reject) => open.set(key, { resolve, reject }))
    },
    onError: (key, error) => errors.push(`${key} ${error.code}`),
    concurrency: 2,
    ...more,
  })
  const finish = async (key: string, error?: unknown): Promise<void> => {
    const work = open.get(key)
    if (!work) throw new Error(`${key} is not under work`)
    open.delete(key)
    reporting.delete(key)
    if (error) work.reject(error)
    else work.resolve()
    await clock.advance(0)
  }
  return { clock, queue, started, errors, open, reporting, finish }
}

const groupOf = (key: string): string => key.slice(0, key.indexOf('/'))
const keysOf = (group: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${group}/${index}`)

function countByGroup(keys: Iterable<string>): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const group of Array.from(keys, groupOf)) counts[group] = (counts[group] ?? 0) + 1
  return counts
}

describe('WorkQueue', () => {
  it('processes a key once, regardless of how often it was added', async () => {
    const { queue, started, finish, clock } = harness()
    for (let i = 0; i < 5; i += 1) queue.add('a', PRIORITY.changed)
    queue.start()
    await finish('a')
    await clock.advance(600_000)
    expect(started).toEqual(['a'])
  })

  it.each([0, Number.NaN, 1.5])('rejects a concurrency of %d', (concurrency) => {
    expect(() => harness({ concurrency })).toThrow(`concurrency: expected a whole number ≥ 1, got ${concurrency}`)
  })

  it('keeps the turn of a key that is added again with the same priority', async () => {
    const { queue, started, finish } = harness({ concurrency: 1 })
    for (const key of ['a', 'b', 'a']) queue.add(key, PRIORITY.changed)
    queue.start()
    await finish('a')
    expect(started).toEqual(['a', 'b'])
  })

  it('processes a key once, at the earlier of two times', async () => {
    const { queue, started, finish, clock } = harness()
    queue.start()
    queue.addAfter('a', 10_000, PRIORITY.changed)
    queue.addAfter('a', 1_000, PRIORITY.changed)
    await clock.advance(1_000)
    expect(started).toEqual(['a'])
    await finish('a')
    await clock.advance(60_000)
    expect(started).toEqual(['a'])
  })

  it('does not delay a key that is already queued', async () => {
    const { queue, started, finish, clock } = harness()
    queue.add('a', PRIORITY.changed)
    queue.addAfter('a', 1_000, PRIORITY.changed)
    queue.start()
    await finish('a')
    await clock.advance(60_000)
    expect(started).toEqual(['a'])
  })

  it('does not process a delayed key again after an earlier trigger', async () => {
    const { queue, started, finish, clock } = harness()
    queue.start()
    queue.add('a', PRIORITY.changed)
    queue.addAfter('a', 1_000, PRIORITY.changed)
    await finish('a')
    queue.add('a', PRIORITY.changed)
    await finish('a')
    await clock.advance(60_000)
    expect(started).toEqual(['a', 'a'])
  })

  it.each<[what: string, act: (queue: WorkQueue) => void, atMs: readonly number[]]>([
    [
      'a report does not replace later work',
      (queue) => {
        queue.addAfter('a', 5_000, PRIORITY.changed)
        queue.add('a', PRIORITY.report)
      },
      [0, 5_000],
    ],
    [
      'later work does not go lost behind a report',
      (queue) => {
        queue.add('a', PRIORITY.report)
        queue.addAfter('a', 5_000, PRIORITY.changed)
      },
      [0, 5_000],
    ],
    [
      'work includes an earlier report',
      (queue) => {
        queue.addAfter('a', 1_000, PRIORITY.report)
        queue.addAfter('a', 5_000, PRIORITY.changed)
      },
      [1_000],
    ],
    [
      'work includes a later report',
      (queue) => {
        queue.addAfter('a', 1_000, PRIORITY.changed)
        queue.addAfter('a', 5_000, PRIORITY.report)
      },
      [1_000],
    ],
  ])('%s', async (_what, act, atMs) => {
    const clock = new ManualClock()
    const started: [number, Priority][] = []
    const process = async (_key: string, _signal: AbortSignal, _stopping: AbortSignal, priority: Priority) => {
      started.push([clock.monotonic(), priority])
    }
    const queue = new WorkQueue({ clock, random: () => 0, process, onError: () => undefined })
    act(queue)
    const startMs = clock.monotonic()
    queue.start()
    await clock.advance(60_000)
    expect(started.map(([startedMs]) => startedMs - startMs)).toEqual(atMs)
    expect(started.at(-1)?.[1]).toBe(PRIORITY.changed)
  })

  it('repeats a report as a report', async () => {
    const clock = new ManualClock()
    const priorities: Priority[] = []
    const queue = new WorkQueue({
      clock,
      random: () => 0,
      process: async (_key, _signal, _stopping, priority) => {
        priorities.push(priority)
        if (priorities.length < 3) throw new SecretSyncError('Unavailable', 'no response')
      },
      onError: () => undefined,
    })
    queue.start()
    queue.add('a', PRIORITY.report)
    await clock.advance(60_000)
    expect(priorities).toEqual([PRIORITY.report, PRIORITY.report, PRIORITY.report])
  })

  it('gives the worker of a key to another key while the work does not need it', async () => {
    const clock = new ManualClock()
    const started: string[] = []
    const queue: WorkQueue = new WorkQueue({
      clock,
      random: () => 0,
      concurrency: 1,
      process: async (key) => {
        started.push(key)
        await Promise.resolve()
        if (key === 'a') await queue.withoutWorker(key, () => new Promise(() => undefined))
      },
      onError: () => undefined,
    })
    for (const key of ['a', 'b']) queue.add(key, PRIORITY.changed)
    queue.start()
    await clock.advance(0)
    expect(started).toEqual(['a', 'b'])
  })

  it('processes a key again that was added during its work, and never twice at the same time', async () => {
    const { queue, started, finish, open } = harness()
    queue.start()
    queue.add('a', PRIORITY.changed)
    queue.add('a', PRIORITY.changed)
    expect(started).toEqual(['a'])
    await finish('a')
    expect(started).toEqual(['a', 'a'])
    expect(open.size).toBe(1)
  })

  it('takes first syncs before changes before routine', async () => {
    const { queue, started, finish } = harness({ concurrency: 1 })
    queue.add('routine', PRIORITY.routine)
    queue.add('changed', PRIORITY.changed)
    queue.add('first', PRIORITY.first)
    queue.add('raised', PRIORITY.routine)
    queue.add('raised', PRIORITY.first)
    queue.start()
    for (const key of ['first', 'raised', 'changed', 'routine']) await finish(key)
    expect(started).toEqual(['first', 'raised', 'changed', 'routine'])
  })

  it('takes a queued key earlier if something more urgent is due for it now', async () => {
    const { queue, started, finish } = harness({ concurrency: 1 })
    for (const key of ['drifted', 'later']) queue.add(key, PRIORITY.routine)
    queue.add('changed', PRIORITY.changed)
    queue.addAfter('drifted', 0, PRIORITY.changed)
    queue.addAfter('later', 0, PRIORITY.routine)
    queue.add('changed too', PRIORITY.changed)
    queue.start()
    for (const key of ['changed', 'drifted', 'changed too', 'later']) await finish(key)
    expect(started).toEqual(['changed', 'drifted', 'changed too', 'later'])
  })

  it('lets groups take turns, regardless of the number and urgency of keys of another group', async () => {
    const { queue, started, finish } = harness({ concurrency: 1, groupOf })
    queue.start()
    for (const name of ['1', '2', '3', '4']) queue.add(`large/${name}`, PRIORITY.first)
    queue.add('small/routine', PRIORITY.routine)
    queue.add('small/changed', PRIORITY.changed)
    queue.add('third/only', PRIORITY.routine)
    const order = ['large/1', 'large/2', 'small/changed', 'third/only', 'large/3', 'small/routine', 'large/4']
    for (const key of order) await finish(key)
    expect(started).toEqual(order)
    expect(queue.stats()).toEqual({ waiting: 0, active: 0 })
  })

  it.each([
    ['all workers without groups', undefined, 8, { a: 9 }, { a: 8 }],
    ['the only worker', groupOf, 1, { a: 2, b: 2 }, { a: 1 }],
    ['half of the workers if it is alone', groupOf, 8, { a: 9 }, { a: 4 }],
    ['half of an odd number of workers, rounded up', groupOf, 3, { a: 9 }, { a: 2 }],
    ['a third if another group hangs as well', groupOf, 9, { a: 9, b: 9 }, { a: 3, b: 3 }],
    ['the workers that it needs, regardless of the size of another group', groupOf, 8, { a: 9, b: 1 }, { a: 4, b: 1 }],
  ])('gives a group %s', (_rule, by, concurrency, waiting, workers) => {
    const { queue, started } = harness({ concurrency, ...(by ? { groupOf: by } : {}) })
    for (const [group, count] of Object.entries(waiting)) {
      for (const key of keysOf(group, count)) queue.add(key, PRIORITY.routine)
    }
    queue.start()
    expect(countByGroup(started)).toEqual(workers)
  })

  it('has a free worker for a new group while keys of other groups hang', async () => {
    const { queue, started } = harness({ concurrency: 16, groupOf })
    queue.start()
    for (const group of ['a', 'b', 'c']) for (const key of keysOf(group, 50)) queue.add(key, PRIORITY.first)
    queue.add('late/routine', PRIORITY.routine)
    expect(started).toContain('late/routine')
  })

  it('never delays a group that has fewer workers than are idle, and processes every key', async () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('add' as const), group: fc.constantFrom('a', 'b', 'c', 'd'), key: fc.nat(9) }),
      fc.record({ do: fc.constant('finish' as const), which: fc.nat(15) }),
    )
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 9 }), fc.array(step, { maxLength: 80 }), async (workers, steps) => {
        const { queue, started, open, finish } = harness({ concurrency: workers, groupOf })
        queue.start()
        const asked = new Map<string, number>()
        for (const move of steps) {
          const [...keys] = open.keys()
          if (move.do === 'finish') {
            const key = keys[move.which % Math.max(1, keys.length)]
            if (key !== undefined) await finish(key)
            continue
          }
          const key = `${move.group}/${move.key}`
          asked.set(key, started.length)
          const had = keys.filter((each) => groupOf(each) === move.group).length
          queue.add(key, PRIORITY.changed)
          if (had < workers - keys.length) expect(open.has(key)).toBe(true)
          for (const count of Object.values(countByGroup(open.keys()))) {
            expect(count).toBeLessThanOrEqual(Math.ceil(workers / 2))
          }
        }
        while (open.size > 0) for (const key of Array.from(open.keys())) await finish(key)
        for (const [key, since] of asked) expect(started.slice(since)).toContain(key)
        expect(queue.stats()).toEqual({ waiting: 0, active: 0 })
      }),
      { numRuns: 200 },
    )
  })

  describe('while reports hang', () => {
    it.each([
      ['a quarter of the workers in one group', 16, { a: 20 }, { a: 4 }],
      ['fewer in each of two groups', 16, { a: 20, b: 20 }, { a: 3, b: 3 }],
      ['half of the workers altogether', 16, { a: 9, b: 9, c: 9, d: 9, e: 9, f: 9, g: 9, h: 9 }, 8],
      ['one of three workers', 3, { a: 9, b: 9 }, { a: 1 }],
      ['one besides two workers', 2, { a: 9, b: 9 }, { a: 1 }],
      ['one besides the only worker', 1, { a: 9 }, { a: 1 }],
    ])('gives them %s, and work the others', async (_rule, concurrency, waiting, workers) => {
      const { queue, started, open, finish } = harness({ concurrency, groupOf })
      for (const [group, count] of Object.entries(waiting))
        for (const key of keysOf(group, count)) queue.add(key, PRIORITY.report)
      queue.start()
      const counts = countByGroup(started)
      expect(typeof workers === 'number' ? started.length : counts).toEqual(workers)
      for (const group of Object.keys(waiting)) {
        queue.add(`${group}/work`, PRIORITY.routine)
        expect(open.has(`${group}/work`)).toBe(true)
        await finish(`${group}/work`)
      }
      expect(countByGroup(open.keys())).toEqual(counts)
    })

    it('counts reports that continue work', async () => {
      const { queue, started, finish } = harness({ concurrency: 16, groupOf })
      queue.start()
      for (const key of keysOf('a', 8)) queue.add(key, PRIORITY.changed)
      expect(started.map((key) => queue.beginReport(key))).toEqual([...Array(4).fill(true), ...Array(4).fill(false)])
      expect(started.map((key) => queue.beginReport(key)).filter(Boolean)).toHaveLength(4)
      queue.add('a/waits', PRIORITY.report)
      for (const key of keysOf('a', 8).slice(4)) await finish(key)
      expect(started).not.toContain('a/waits')
      await finish('a/0')
      expect(started).toContain('a/waits')
    })

    it.each([1, 2])(
      'works another key of the group during a report that continues work, with a concurrency of %i',
      async (concurrency) => {
        const { queue, started, open, finish } = harness({ concurrency, groupOf })
        queue.start()
        for (const key of keysOf('a', 4)) queue.add(key, PRIORITY.changed)
        expect(started).toEqual(['a/0'])
        expect(queue.beginReport('a/0')).toBe(true)
        expect(started).toEqual(['a/0', 'a/1'])
        expect(queue.beginReport('a/1')).toBe(false)
        for (const key of ['a/1', 'a/2', 'a/3']) await finish(key)
        expect([...open.keys()]).toEqual(['a/0'])
        queue.add('a/waits', PRIORITY.report)
        expect(started).not.toContain('a/waits')
        await finish('a/0')
        expect(started).toContain('a/waits')
        await finish('a/waits')
        expect(queue.stats()).toEqual({ waiting: 0, active: 0 })
      },
    )

    it('counts no report past its deadline', async () => {
      const { queue, started, clock } = harness({ concurrency: 4, groupOf, itemTimeoutMs: 1_000 })
      queue.start()
      for (const key of keysOf('a', 3)) queue.add(key, PRIORITY.report)
      expect(started).toEqual(['a/0'])
      await clock.advance(1_000)
      expect(started).toEqual(['a/0', 'a/1'])
      await clock.advance(1_000)
      queue.add('b/0', PRIORITY.changed)
      expect(started).toEqual(['a/0', 'a/1', 'a/2', 'b/0'])
      expect(queue.beginReport('b/0')).toBe(true)
    })

    it('sends a report that has waited long before work, one at a time', async () => {
      const { queue, started, clock, finish } = harness({ concurrency: 4, groupOf, itemTimeoutMs: 600_000 })
      queue.start()
      for (const key of keysOf('a', 8)) queue.add(key, PRIORITY.changed)
      for (const key of keysOf('a/report', 2)) queue.add(key, PRIORITY.report)
      expect(started).toEqual(['a/0', 'a/1'])
      await clock.advance(MAX_REPORT_WAIT_MS)
      for (const key of ['a/0', 'a/1', 'a/2']) await finish(key)
      expect(started.slice(2)).toEqual(['a/report/0', 'a/2', 'a/3'])
      await finish('a/report/0')
      expect(started.slice(5)).toEqual(['a/report/1'])
    })

    it('never delays work, and loses neither work nor a report', async () => {
      const where = { group: fc.constantFrom('a', 'b', 'c', 'd', 'e'), key: fc.nat(9) }
      const step = fc.oneof(
        fc.record({ do: fc.constant('add' as const), ...where, priority: fc.constantFrom(...Object.values(PRIORITY)) }),
        fc.record({ do: fc.constant('report' as const), which: fc.nat(15) }),
        fc.record({ do: fc.constant('finish' as const), which: fc.nat(15) }),
        fc.record({ do: fc.constant('advance' as const), ms: fc.constantFrom(1_000, MAX_REPORT_WAIT_MS) }),
      )
      const run = async (
        workers: number,
        steps: readonly (typeof step extends fc.Arbitrary<infer T> ? T : never)[],
      ) => {
        const options = { concurrency: workers, groupOf, itemTimeoutMs: 100 * MAX_REPORT_WAIT_MS }
        const { queue, clock, started, open, reporting, finish } = harness(options)
        queue.start()
        const asked = new Map<string, number>()
        const working = (): string[] => [...open.keys()].filter((key) => !reporting.has(key))
        for (const move of steps) {
          if (move.do === 'add') {
            const key = `${move.group}/${move.key}`
            asked.set(key, started.length)
            queue.add(key, move.priority)
          } else if (move.do === 'advance') {
            await clock.advance(move.ms)
          } else {
            const keys = working()
            const key = keys[move.which % Math.max(1, keys.length)]
            if (key !== undefined && move.do === 'report' && queue.beginReport(key)) reporting.add(key)
            else if (key !== undefined) {
              if (move.do === 'report') {
                asked.set(key, started.length)
                queue.add(key, PRIORITY.report)
              }
              await finish(key)
            }
          }
          const most = Math.max(1, Math.floor(workers / 2))
          expect(reporting.size).toBeLessThanOrEqual(most)
          for (const count of Object.values(countByGroup(reporting)))
            expect(count).toBeLessThanOrEqual(Math.ceil(most / 2))
          if (working().length === 0) expect(queue.stats().waiting).toBe(0)
        }
        for (let [key] = working(); key !== undefined; [key] = working()) await finish(key)
        expect(queue.stats().waiting).toBe(0)
        for (let [key] = open.keys(); key !== undefined; [key] = open.keys()) await finish(key)
        for (const [key, since] of asked) expect(started.slice(since)).toContain(key)
        await queue.idle()
      }
      await fc.assert(fc.asyncProperty(fc.integer({ min: 1, max: 16 }), fc.array(step, { maxLength: 80 }), run), {
        numRuns: 200,
      })
    })
  })

  it('retries failed work after its pauses although its reports are sent meanwhile', async () => {
    const clock = new ManualClock()
    const started: string[] = []
    const startMs = clock.monotonic()
    const queue: WorkQueue = new WorkQueue({
      clock,
      random: () => 0,
      process: async (key, _signal, _stopping, priority) => {
        started.push(`${priority === PRIORITY.report ? 'report' : 'work'} at ${clock.monotonic() - startMs}`)
        if (priority === PRIORITY.report) return
        queue.add(key, PRIORITY.report)
        throw new SecretSyncError('Unavailable', 'no response')
      },
      onError: () => undefined,
    })
    queue.start()
    queue.add('a', PRIORITY.changed)
    await clock.advance(5_000)
    expect(started).toEqual([
      'work at 0',
      'report at 0',
      'work at 1000',
      'report at 1000',
      'work at 3000',
      'report at 3000',
    ])
  })

  it('retries a failed key with backoff, and at once when it is added', async () => {
    const { queue, started, errors, finish, clock } = harness({ random: () => 0 })
    queue.start()
    queue.add('a', PRIORITY.changed)
    await finish('a', new SecretSyncError('Unavailable', 'x'))
    await clock.advance(999)
    expect(started).toHaveLength(1)
    await clock.advance(1)
    expect(started).toHaveLength(2)
    await finish('a', new SecretSyncError('Unavailable', 'x'))
    await clock.advance(1_999)
    expect(started).toHaveLength(2)
    queue.add('a', PRIORITY.changed)
    expect(started).toHaveLength(3)
    await finish('a')
    await clock.advance(600_000)
    expect(started).toHaveLength(3)
    expect(errors).toEqual(['a Unavailable', 'a Unavailable'])
  })

  it('abandons a key that hangs, and continues', async () => {
    const { queue, started, errors, clock } = harness({ concurrency: 1, itemTimeoutMs: 1_000 })
    queue.start()
    queue.add('hangs', PRIORITY.first)
    queue.add('next', PRIORITY.routine)
    await clock.advance(1_000)
    expect(errors).toEqual(['hangs Timeout'])
    expect(started).toEqual(['hangs', 'next'])
  })

  describe('while the work of a key needs no worker', () => {
    const lending = (more: Partial<WorkQueueOptions> = {}) => {
      const ends: (() => void)[] = []
      const base = harness()
      const { clock, started, errors } = base
      const queue: WorkQueue = new WorkQueue({
        clock,
        random: () => 0,
        process: async (key) => {
          started.push(key)
          if (key.startsWith('a'))
            await queue.withoutWorker(key, () => new Promise<void>((resolve) => ends.push(resolve)))
          started.push(`${key} goes on`)
          if (key !== 'next') await new Promise<void>((resolve) => ends.push(resolve))
        },
        onError: (key, error) => errors.push(`${key} ${error.code}`),
        concurrency: 1,
        ...more,
      })
      const end = async (): Promise<void> => {
        ends.shift()?.()
        await clock.advance(0)
      }
      return { queue, clock, started, errors, end }
    }

    it('gives its worker to another key, and gets a worker back before others begin', async () => {
      const { queue, clock, started, end } = lending()
      queue.start()
      queue.add('a', PRIORITY.first)
      queue.add('next', PRIORITY.first)
      await clock.advance(0)
      expect(started).toEqual(['a', 'next', 'next goes on'])
      await end()
      queue.add('last', PRIORITY.first)
      await clock.advance(0)
      expect(started.slice(3)).toEqual(['a goes on'])
      expect(queue.stats()).toEqual({ waiting: 1, active: 1 })
      await end()
      expect(started.slice(4)).toEqual(['last', 'last goes on'])
      await end()
      expect(queue.stats()).toEqual({ waiting: 0, active: 0 })
      await queue.idle()
    })

    it('counts no worker for a key that was abandoned meanwhile', async () => {
      const { queue, clock, started, errors, end } = lending({ itemTimeoutMs: 1_000 })
      queue.start()
      queue.add('a', PRIORITY.first)
      await clock.advance(1_000)
      expect(errors).toEqual(['a Timeout'])
      await end()
      expect(queue.stats()).toEqual({ waiting: 0, active: 0 })
      queue.add('next', PRIORITY.first)
      await clock.advance(0)
      expect(started).toEqual(['a', 'a goes on', 'next', 'next goes on'])
      const closed = queue.close(0)
      await end()
      await closed
      expect(queue.stats()).toEqual({ waiting: 0, active: 0 })
    })
  })

  it('does not process an abandoned key again before its work has ended', async () => {
    const { queue, started, clock, finish } = harness({ itemTimeoutMs: 1_000 })
    queue.start()
    queue.add('hangs', PRIORITY.first)
    await clock.advance(600_000)
    expect(started).toEqual(['hangs'])
    await finish('hangs')
    await clock.advance(1_000)
    expect(started).toEqual(['hangs', 'hangs'])
  })

  it('aborts running work immediately when it closes without a grace period', async () => {
    let signal: AbortSignal | undefined
    const { queue } = harness({
      process: async (_key, given) => {
        signal = given
        await new Promise((resolve) => given.addEventListener('abort', resolve))
      },
    })
    queue.start()
    queue.add('a', PRIORITY.changed)
    const closed = queue.close(0)
    expect(signal?.aborted).toBe(true)
    await closed
  })

  it('finishes running work when it closes, and starts no other work', async () => {
    const { queue, started, finish, clock } = harness({ concurrency: 1 })
    queue.start()
    queue.add('a', PRIORITY.first)
    queue.add('b', PRIORITY.first)
    const closed = queue.close()
    // Keys added while the queue closes are ignored and do not delay it.
    queue.add('a', PRIORITY.first)
    queue.add('c', PRIORITY.first)
    queue.addAfter('d', 1_000, PRIORITY.first)
    await finish('a')
    await closed
    await clock.advance(600_000)
    expect(started).toEqual(['a'])
  })

  it.each([0, 1_000])('waits after a grace period of %i ms for work that ignores its signal', async (graceMs) => {
    const { queue, finish, clock } = harness()
    queue.start()
    queue.add('a', PRIORITY.changed)
    const order: string[] = []
    const closed = queue.close(graceMs).then(() => order.push('closed'))
    await clock.advance(graceMs)
    order.push('ended')
    await finish('a')
    await closed
    expect(order).toEqual(['ended', 'closed'])
  })

  it('closes at the deadline of the work if it never ends', async () => {
    const { queue, clock } = harness({ itemTimeoutMs: 5_000 })
    queue.start()
    queue.add('a', PRIORITY.changed)
    const closed = queue.close(1_000)
    await clock.advance(6_000)
    await closed
  })

  it('starts a key only while its group may have a worker, and checks again when work has ended', async () => {
    const running = new Set<string>()
    const mayStart = (group: string): boolean => ![...running].some((key) => groupOf(key) === group)
    const ends = new Map<string, () => void>()
    const process = async (key: string): Promise<void> => {
      running.add(key)
      await new Promise<void>((resolve) => ends.set(key, resolve))
      running.delete(key)
    }
    const { queue, clock } = harness({ process, groupOf, mayStart, concurrency: 100 })
    queue.start()
    for (const key of ['a/0', 'a/1', 'b/0', 'b/1']) queue.add(key, PRIORITY.changed)
    expect([...running]).toEqual(['a/0', 'b/0'])
    ends.get('a/0')?.()
    await clock.advance(0)
    expect([...running]).toEqual(['b/0', 'a/1'])
  })

  it('keeps its counts when a group changes: queued keys move when they are added again, others with their next run', async () => {
    const step = fc.record({ key: fc.constantFrom('a', 'b', 'c', 'd'), to: fc.constantFrom('x', 'y', 'z') })
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const groups = new Map<string, string>()
        const groupNow = (key: string): string => groups.get(key) ?? 'x'
        const { queue, open, finish, started } = harness({ groupOf: groupNow, concurrency: 3 })
        queue.start()
        for (const [at, { key, to }] of steps.entries()) {
          groups.set(key, to)
          queue.add(key, PRIORITY.changed)
          const [running] = open.keys()
          if (at % 3 === 2 && running !== undefined) await finish(running)
          expect(queue.stats().active).toBe(open.size)
        }
        for (let [running] = open.keys(); running !== undefined; [running] = open.keys()) await finish(running)
        expect(queue.stats()).toEqual({ waiting: 0, active: 0 })
        expect(new Set(started)).toEqual(new Set(steps.map(({ key }) => key)))
      }),
    )
  })

  it('loses no key, never processes one twice at the same time, and respects its concurrency', async () => {
    const step = fc.oneof(
      fc.record({
        do: fc.constant('add' as const),
        key: fc.constantFrom('a', 'b', 'c', 'd'),
        priority: fc.constantFrom<Priority>(0, 1, 2),
      }),
      fc.record({ do: fc.constant('addAfter' as const), key: fc.constantFrom('a', 'b', 'c', 'd'), ms: fc.nat(5_000) }),
      fc.record({ do: fc.constantFrom('finish' as const, 'fail' as const) }),
      fc.record({ do: fc.constant('advance' as const), ms: fc.nat(5_000) }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const { queue, started, open, finish, clock } = harness({ concurrency: 2 })
        queue.start()
        const asked = new Map<string, number>()
        for (const move of steps) {
          if (move.do === 'add' || move.do === 'addAfter') asked.set(move.key, started.length)
          if (move.do === 'add') queue.add(move.key, move.priority)
          else if (move.do === 'addAfter') queue.addAfter(move.key, move.ms, PRIORITY.routine)
          else if (move.do === 'advance') await clock.advance(move.ms)
          else {
            const [key] = open.keys()
            if (key !== undefined) await finish(key, move.do === 'fail' ? new Error('x') : undefined)
          }
          expect(queue.stats().active).toBeLessThanOrEqual(2)
          expect(queue.stats().active).toBe(open.size)
        }
        for (let round = 0; round < 200 && (open.size > 0 || round === 0); round += 1) {
          for (const key of Array.from(open.keys())) await finish(key)
          await clock.advance(10_000)
        }
        for (const [key, since] of asked) expect(started.slice(since)).toContain(key)
        expect(queue.stats()).toEqual({ waiting: 0, active: 0 })
      }),
      { numRuns: 200 },
    )
  })
})
