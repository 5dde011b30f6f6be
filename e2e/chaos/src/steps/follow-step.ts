import { type RunContext, type Goal, untilResolved } from '../run/run-context.ts'
import { unconvergedSecrets } from '../invariants/unconverged.ts'
import { CONVERGENCE_BOUND_MS } from '../run/convergence.ts'
import type { ChaosEnvironment } from '../run/chaos-environment.ts'
import { RESOURCES, SECRETS } from '../workload/resources.ts'

/** Parts of the environment that the steps after the faults use. */
export type StepEnvironment = Pick<ChaosEnvironment, 'simulator' | 'driver' | 'observer' | 'expectedState' | 'replicas'>

/** Changes all values in KMS. */
export async function changeAllValues({ driver }: Pick<StepEnvironment, 'driver'>): Promise<void> {
  for (const secret of SECRETS) await driver.do({ kind: 'rotate', secret })
}

/** Waits until all Secrets hold the values of KMS. @returns the time in milliseconds */
export async function allValuesFollow(
  { observer, expectedState }: Pick<StepEnvironment, 'observer' | 'expectedState'>,
  { rule, boundMs }: Pick<Goal, 'rule' | 'boundMs'>,
  context: RunContext,
): Promise<number> {
  const startMs = performance.now()
  const wrong = async (): Promise<readonly string[]> => unconvergedSecrets(RESOURCES, observer.secrets, expectedState)
  await untilResolved(wrong, { rule, object: 'all Secrets', boundMs }, context)
  return Math.round(performance.now() - startMs)
}

/** Time until all Secrets follow a change on this machine without faults. */
export async function baselineMs(environment: StepEnvironment, context: RunContext): Promise<number> {
  await changeAllValues(environment)
  return allValuesFollow(environment, { rule: 'everything converges', boundMs: CONVERGENCE_BOUND_MS }, context)
}

/** `2.4 s`. */
export function inSeconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`
}
