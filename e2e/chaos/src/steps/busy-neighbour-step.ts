import type { RunContext } from '../run/run-context.ts'
import { allValuesFollow, changeAllValues, inSeconds, type StepEnvironment, baselineMs } from './follow-step.ts'

/** Allowed delay of the neighbours' values beyond the baseline. */
const DELAY_MS = 5_000
/** Version of the costly documents that no action of a run uses. */
const STATE = 1_000_000

/** Changes all costly documents of one tenant and all values of its neighbours, whose Secrets must follow in time. */
export async function runBusyNeighbour(environment: StepEnvironment, context: RunContext): Promise<void> {
  const { signal, log } = context
  if (signal.aborted) return
  const usualMs = await baselineMs(environment, context)
  if (signal.aborted) return
  log('changing all documents of a busy tenant and all values of its neighbours')
  await environment.driver.do({ kind: 'rotate-costly', state: STATE })
  await changeAllValues(environment)
  // On a loaded machine the documents use part of the CPU as well.
  const boundMs = 2 * usualMs + DELAY_MS
  const tookMs = await allValuesFollow(environment, { rule: 'neighbours are served', boundMs }, context)
  log(`  the neighbours' values followed after ${inSeconds(tookMs)}; baseline ${inSeconds(usualMs)}`)
}
