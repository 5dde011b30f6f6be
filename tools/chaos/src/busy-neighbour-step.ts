import type { Course } from './course.ts'
import { allValuesFollow, changeAllValues, inSeconds, type StepStage, undisturbedMs } from './follow-step.ts'

/** By how much longer than usual the values of neighbours may take. */
const DELAY_MS = 5_000
/** Other versions of the costly documents than any action of a run has put there. */
const STATE = 1_000_000

/** All costly documents of one tenant change together with all values of its neighbours, which follow in time. */
export async function playBusyNeighbour(stage: StepStage, course: Course): Promise<void> {
  const { signal, tell } = course
  if (signal.aborted) return
  const usualMs = await undisturbedMs(stage, course)
  if (signal.aborted) return
  tell('all documents of a busy tenant change, and all values of its neighbours')
  await stage.world.do({ kind: 'rotate-costly', state: STATE })
  await changeAllValues(stage)
  // On a loaded machine the documents take their share of the processor as well.
  const boundMs = 2 * usualMs + DELAY_MS
  const tookMs = await allValuesFollow(stage, { rule: 'neighbours are served', boundMs }, course)
  tell(`  the neighbours' values followed after ${inSeconds(tookMs)}, without that after ${inSeconds(usualMs)}`)
}
