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

/** States of the Secret, and the revisions at which the workload was restarted. */
function checked(steps: readonly (SecretSnapshot | undefined)[], restarts: readonly number[]): RestartChecker {
  const checker = new RestartChecker(new Map([[TARGET, WORKLOAD]]))
  checker.workload(WORKLOAD, { generation: 1, resourceVersion: '1' })
  for (const [index, at] of restarts.entries())
    checker.workload(WORKLOAD, { generation: index + 2, resourceVersion: String(at) })
  for (const [index, step] of steps.entries()) checker.secret(TARGET, steps[index - 1], step)
  return checker
}

it.each<[string, readonly (SecretSnapshot | undefined)[], readonly number[], number, number]>([
  ['allows no restart for the first value', [seen(1, 5)], [], 0, 0],
  ['allows one restart for a change', [seen(1, 5), seen(2, 10)], [15], 0, 0],
  ['reports a missing restart for a change', [seen(1, 5), seen(2, 10)], [], 0, 1],
  ['reports a missing restart if the only one came before the write', [seen(1, 5), seen(2, 10)], [8], 0, 1],
  [
    'reports a missing restart that the Secret records as due',
    [seen(1, 5), seen(1, 10, { isRestartDue: true })],
    [],
    0,
    1,
  ],
  ['reports a restart before the first value', [seen(1, 5)], [3], 1, 0],
  ['reports more restarts than changes', [seen(1, 5), seen(2, 10)], [15, 20, 25], 1, 0],
  ['allows no restart for a restored value', [seen(2, 5), seen(2, 6, { data: new Map() }), seen(2, 7)], [], 0, 0],
  ['expects no restart for a deleted Secret', [seen(1, 5), seen(2, 10), undefined], [], 0, 0],
])('%s', (_rule, steps, restarts, wrong, owed) => {
  const checker = checked(steps, restarts)
  expect(checker.violations()).toHaveLength(wrong)
  expect(checker.pending()).toHaveLength(owed)
})

it('ignores other Secrets', () => {
  const checker = new RestartChecker(new Map([[TARGET, WORKLOAD]]))
  checker.secret('chaos-a/picks', seen(1, 5), seen(2, 10))
  checker.workload('chaos-a/other', { generation: 5, resourceVersion: '9' })
  expect([checker.violations(), checker.pending()]).toEqual([[], []])
})
