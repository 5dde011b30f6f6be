import { expect, it } from 'vitest'
import { RESOURCES } from '../workload/resources.ts'
import { type ReportedResource, unreadyResources } from './unready.ts'

const [PICKS] = RESOURCES
const CONFLICT = RESOURCES.find(({ kind }) => kind === 'conflict')
if (!PICKS || !CONFLICT) throw new Error('the workload has no such resource')

const ready = { type: 'Ready', status: 'True', reason: 'Synced', message: '', observedGeneration: 3 }
function picks(condition?: object, generation: number = 3): ReportedResource {
  const conditions = condition === undefined ? [] : [{ ...ready, ...condition }]
  return { metadata: { namespace: 'chaos-a', name: 'picks', uid: 'u1', generation }, status: { conditions } }
}

it.each<[string, readonly ReportedResource[], readonly string[]]>([
  ['is nothing where the latest spec is Ready', [picks({})], []],
  ['is a resource that is not there', [], ['chaos-a/picks absent']],
  ['is a resource of which nothing is said', [picks()], ['chaos-a/picks no status']],
  [
    'is one that is not Ready',
    [picks({ status: 'False', reason: 'Stale', message: 'no answer' })],
    ['chaos-a/picks Stale: no answer'],
  ],
  ['is one whose latest spec nobody has seen', [picks({}, 5)], ['chaos-a/picks generation 5, seen is 3']],
])('what is not Ready %s', (_what, reported, wrong) => {
  expect(unreadyResources([PICKS, CONFLICT], reported)).toEqual(wrong)
})
