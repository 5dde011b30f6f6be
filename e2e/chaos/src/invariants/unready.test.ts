import { expect, it } from 'vitest'
import { RESOURCES } from '../workload/resources.ts'
import { type ReportedResource, unreadyResources } from './unready.ts'

const [PICKS] = RESOURCES
const CONFLICT = RESOURCES.find(({ kind }) => kind === 'conflict')
if (!PICKS || !CONFLICT) throw new Error('the workload lacks these resources')

const ready = { type: 'Ready', status: 'True', reason: 'Synced', message: '', observedGeneration: 3 }
function picks(condition?: object, generation: number = 3): ReportedResource {
  const conditions = condition === undefined ? [] : [{ ...ready, ...condition }]
  return { metadata: { namespace: 'chaos-a', name: 'picks', uid: 'u1', generation }, status: { conditions } }
}

it.each<[string, readonly ReportedResource[], readonly string[]]>([
  ['is empty if the latest spec is Ready', [picks({})], []],
  ['lists an absent resource', [], ['chaos-a/picks absent']],
  ['lists a resource without status', [picks()], ['chaos-a/picks no status']],
  [
    'lists a resource that is not Ready',
    [picks({ status: 'False', reason: 'Stale', message: 'no response' })],
    ['chaos-a/picks Stale: no response'],
  ],
  ['lists a resource whose latest spec is not observed', [picks({}, 5)], ['chaos-a/picks generation 5, observed 3']],
])('the list of unready resources %s', (_what, reported, wrong) => {
  expect(unreadyResources([PICKS, CONFLICT], reported)).toEqual(wrong)
})
