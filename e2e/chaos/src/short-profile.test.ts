import { expect, it } from 'vitest'
import { createSchedule } from './faults/fault-schedule.ts'
import { SHORT_PROFILE } from './short-profile.ts'
import { outageOf } from './steps/outage-step.ts'
import { createWorkload } from './workload/planned-actions.ts'

const { seeds, durationMs } = SHORT_PROFILE
const kindsOf = (steps: readonly { readonly kind: string }[]): string[] => [...new Set(steps.map(({ kind }) => kind))]

it('has every fault of a proxy, a killed and a paused leader, roles that cannot be read, and a lagging API server', () => {
  const faults = seeds.flatMap((seed) => createSchedule(seed, durationMs)).map(({ fault }) => fault)
  expect(kindsOf(faults).toSorted()).toEqual([
    'certificate',
    'garbage',
    'half-open',
    'kill-at-call',
    'latency',
    'reset-before',
    'reset-mid-body',
    'response-lost',
    'roles-unread',
    'slow-loris',
    'stale-server',
    'stale-write',
    'status',
    'watch-cut',
    'watch-gone',
    'watch-lag',
    'watch-twice',
  ])
})

it('has an outage of KMS after one run, and denied Secrets after the other', () => {
  expect(seeds.map(outageOf)).toEqual([20_000, undefined])
})

it('has nearly every action of a user', () => {
  const actions = seeds.flatMap((seed) => createWorkload(seed, durationMs))
  expect(kindsOf(actions).length).toBeGreaterThan(20)
})
