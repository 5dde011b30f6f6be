import { expect, it } from 'vitest'
import { memberOf } from '../world/values.ts'
import { RestartJudge } from './restart-judge.ts'
import type { SeenSecret } from './seen-secret.ts'

const TARGET = 'chaos-a/restart'
const WORKLOAD = 'chaos-a/web'

function seen(version: number, revision: number, more: Partial<SeenSecret> = {}): SeenSecret {
  const data = new Map([['username', memberOf('s0', version, 'username')]])
  return {
    uid: 'u1',
    resourceVersion: String(revision),
    ownerUid: undefined,
    marks: '',
    isOurs: true,
    isRestartDue: false,
    data,
    ...more,
  }
}

/** Steps of the Secret, and the moments at which the workload was restarted. */
function judged(steps: readonly (SeenSecret | undefined)[], restarts: readonly number[]): RestartJudge {
  const judge = new RestartJudge(new Map([[TARGET, WORKLOAD]]))
  judge.workload(WORKLOAD, { generation: 1, resourceVersion: '1' })
  for (const [index, at] of restarts.entries())
    judge.workload(WORKLOAD, { generation: index + 2, resourceVersion: String(at) })
  for (const [index, step] of steps.entries()) judge.secret(TARGET, steps[index - 1], step)
  return judge
}

it.each<[string, readonly (SeenSecret | undefined)[], readonly number[], number, number]>([
  ['no restart for the first value is fine', [seen(1, 5)], [], 0, 0],
  ['one for a change is fine', [seen(1, 5), seen(2, 10)], [15], 0, 0],
  ['none for a change is owed', [seen(1, 5), seen(2, 10)], [], 0, 1],
  ['one before the change was written is owed again', [seen(1, 5), seen(2, 10)], [8], 0, 1],
  ['one that is noted as due is owed', [seen(1, 5), seen(1, 10, { isRestartDue: true })], [], 0, 1],
  ['one before there was a value is wrong', [seen(1, 5)], [3], 1, 0],
  ['more than there were changes is wrong', [seen(1, 5), seen(2, 10)], [15, 20, 25], 1, 0],
  ['none for a value that is put back is fine', [seen(2, 5), seen(2, 6, { data: new Map() }), seen(2, 7)], [], 0, 0],
  ['nothing is owed to a Secret that is gone', [seen(1, 5), seen(2, 10), undefined], [], 0, 0],
])('%s', (_rule, steps, restarts, wrong, owed) => {
  const judge = judged(steps, restarts)
  expect(judge.violations()).toHaveLength(wrong)
  expect(judge.owed()).toHaveLength(owed)
})

it('cares for no other Secret', () => {
  const judge = new RestartJudge(new Map([[TARGET, WORKLOAD]]))
  judge.secret('chaos-a/picks', seen(1, 5), seen(2, 10))
  judge.workload('chaos-a/other', { generation: 5, resourceVersion: '9' })
  expect([judge.violations(), judge.owed()]).toEqual([[], []])
})
