import { type Course, type Goal, untilNothing } from './course.ts'
import { unsettledSecrets } from './invariants/unsettled.ts'
import { CONVERGENCE_BOUND_MS } from './settle.ts'
import type { Stage } from './stage.ts'
import { RESOURCES, SECRETS } from './world/resources.ts'

/** What a judged step of a run works with, when all faults are over. */
export type StepStage = Pick<Stage, 'simulator' | 'world' | 'witness' | 'ledger'>

/** All values at KMS change. */
export async function changeAllValues({ world }: Pick<StepStage, 'world'>): Promise<void> {
  for (const secret of SECRETS) await world.do({ kind: 'rotate', secret })
}

/** All Secrets hold the values of KMS in time. @returns how long that took, in milliseconds */
export async function allValuesFollow(
  { witness, ledger }: Pick<StepStage, 'witness' | 'ledger'>,
  { rule, boundMs }: Pick<Goal, 'rule' | 'boundMs'>,
  course: Course,
): Promise<number> {
  const startMs = performance.now()
  const wrong = async (): Promise<readonly string[]> => unsettledSecrets(RESOURCES, witness.secrets, ledger)
  await untilNothing(wrong, { rule, object: 'all Secrets', boundMs }, course)
  return Math.round(performance.now() - startMs)
}

/** How long all values take to follow on this machine, as loaded as it is, while nothing is broken. */
export async function undisturbedMs(stage: StepStage, course: Course): Promise<number> {
  await changeAllValues(stage)
  return allValuesFollow(stage, { rule: 'everything converges', boundMs: CONVERGENCE_BOUND_MS }, course)
}

/** `2.4 s`. */
export function inSeconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`
}
