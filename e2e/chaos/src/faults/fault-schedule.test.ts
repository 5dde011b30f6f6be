import fc from 'fast-check'
import { expect, it } from 'vitest'
import { SERVICES } from './fault.ts'
import { createSchedule, formatSchedule, needsLaggingServer } from './fault-schedule.ts'
import { createWorkload } from '../workload/planned-actions.ts'

const seeds = fc.integer({ min: 0, max: 2 ** 31 - 1 })
const durations = fc.integer({ min: 5_000, max: 300_000 })

it('creates byte-identical schedules and workloads for one seed', () => {
  fc.assert(
    fc.property(seeds, durations, (seed, durationMs) => {
      expect(formatSchedule(createSchedule(seed, durationMs))).toBe(formatSchedule(createSchedule(seed, durationMs)))
      expect(JSON.stringify(createWorkload(seed, durationMs))).toBe(JSON.stringify(createWorkload(seed, durationMs)))
    }),
    { numRuns: 20 },
  )
})

it('creates different schedules for different seeds', () => {
  const texts = new Set(Array.from({ length: 50 }, (_, seed) => formatSchedule(createSchedule(seed, 60_000))))
  expect(texts.size).toBe(50)
})

it('ends every fault within the run', () => {
  fc.assert(
    fc.property(seeds, durations, (seed, durationMs) => {
      for (const { atMs, forMs } of createSchedule(seed, durationMs))
        expect(atMs + forMs).toBeLessThanOrEqual(durationMs)
    }),
    { numRuns: 50 },
  )
})

it('starts a lagging API server only in the runs that connect to it', () => {
  const runs = Array.from({ length: 40 }, (_, seed) => createSchedule(seed, 60_000))
  const lagging = runs.filter(needsLaggingServer)
  expect(lagging.length).toBeGreaterThan(10)
  expect(lagging.length).toBeLessThan(30)
})

it('leaves out replica faults with one replica, and keeps all other faults', () => {
  fc.assert(
    fc.property(seeds, durations, (seed, durationMs) => {
      const others = createSchedule(seed, durationMs).filter(({ service }) => service !== 'replica')
      expect(createSchedule(seed, durationMs, { oneReplica: true })).toEqual(others)
    }),
    { numRuns: 20 },
  )
})

it('covers every kind of fault within a few seeds', () => {
  const kinds = new Set(
    Array.from({ length: 10 }, (_, seed) => createSchedule(seed, 300_000)).flatMap((faults) =>
      faults.map(({ service, fault }) => `${service}/${fault.kind}`),
    ),
  )
  const proxies = [
    'latency',
    'reset-before',
    'reset-mid-body',
    'response-lost',
    'half-open',
    'status',
    'garbage',
    'slow-loris',
  ]
  const expected = [
    ...SERVICES.flatMap((service) => proxies.map((kind) => `${service}/${kind}`)),
    ...SERVICES.filter((service) => service !== 'metadata').map((service) => `${service}/certificate`),
    ...['watch-cut', 'watch-gone', 'watch-lag', 'watch-twice'].map((kind) => `api/${kind}`),
    ...['kill-leader', 'stop-leader', 'pause-leader', 'stale-write', 'kill-at-call', 'clock-jump'].map(
      (kind) => `replica/${kind}`,
    ),
    ...['restart-etcd', 'restart-apiserver', 'forget-history', 'change-crd', 'stale-server', 'roles-unread'].map(
      (kind) => `cluster/${kind}`,
    ),
  ]
  expect([...kinds].toSorted()).toEqual(expected.toSorted())
})
