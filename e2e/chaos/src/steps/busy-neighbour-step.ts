import type { RunContext } from '../run/run-context.ts'
import { allValuesFollow, changeAllValues, inSeconds, type StepEnvironment, baselineMs } from './follow-step.ts'

/** By how much longer than usual the values of neighbours may take. */
const DELAY_MS = 5_000
/** Other versions of the costly documents than any action of a run has put there. */
const STATE = 1_000_000

/** All costly documents of one tenant change together with all values of its neighbours, which follow in time. */
export async function runBusyNeighbour(environment: StepEnvironment, context: RunContext): Promise<void> {
  const { signal, log } = context
  if (signal.aborted) return
  const usualMs = await baselineMs(environment, context)
  if (signal.aborted) return
  log('all documents of a busy tenant change, and all values of its neighbours')
  await environment.driver.do({ kind: 'rotate-costly', state: STATE })
  await changeAllValues(environment)
  // On a loaded machine the documents take their share of the processor as well.
  const boundMs = 2 * usualMs + DELAY_MS
  const tookMs = await allValuesFollow(environment, { rule: 'neighbours are served', boundMs }, context)
  log(`  the neighbours' values followed after ${inSeconds(tookMs)}, without that after ${inSeconds(usualMs)}`)
}
