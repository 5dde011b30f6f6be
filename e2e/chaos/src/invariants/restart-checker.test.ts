import { expect, it } from 'vitest'
import { memberOf } from '../workload/values.ts'
import { RestartChecker } from './restart-checker.ts'
import type { SecretSnapshot } from './secret-snapshot.ts'

const TARGET = 'chaos-a/restart'
const WORKLOAD = 'chaos-a/web'

function seen(version: number, revision: number, more: Partial<SecretSnapshot> = {}): SecretSnapshot {
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
function judged(steps: readonly (SecretSnapshot | undefined)[], restarts: readonly number[]): RestartChecker {
  const checker = new RestartChecker(new Map([[TARGET, WORKLOAD]]))
  checker.workload(WORKLOAD, { generation: 1, resourceVersion: '1' })
  for (const [index, at] of restarts.entries())
    checker.workload(WORKLOAD, { generation: index + 2, resourceVersion: String(at) })
  for (const [index, step] of steps.entries()) checker.secret(TARGET, steps[index - 1], step)
  return checker
}

it.each<[string, readonly (SecretSnapshot | undefined)[], readonly number[], number, number]>([
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
  const checker = judged(steps, restarts)
  expect(checker.violations()).toHaveLength(wrong)
  expect(checker.owed()).toHaveLength(owed)
})

it('cares for no other Secret', () => {
  const checker = new RestartChecker(new Map([[TARGET, WORKLOAD]]))
  checker.secret('chaos-a/picks', seen(1, 5), seen(2, 10))
  checker.workload('chaos-a/other', { generation: 5, resourceVersion: '9' })
  expect([checker.violations(), checker.owed()]).toEqual([[], []])
})
