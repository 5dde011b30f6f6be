import { setTimeout as pause } from 'node:timers/promises'
import type { Course } from './course.ts'
import { allValuesFollow, changeAllValues, inSeconds, type StepStage, undisturbedMs } from './follow-step.ts'
import type { Stage } from './stage.ts'

/** For how long a restarted API server answers 403: shorter than the lease, so that the leader stays. */
const FORBIDDEN_MS = 5_000
/** So much later than usual all values follow: watches and writes are tried again with growing pauses. */
const RECOVERY_MS = 30_000

/** The API server answers 403 to requests about Secrets for seconds, and all values change. Afterwards they follow in time. */
export async function playForbidden(
  stage: StepStage & { readonly doors: Pick<Stage['doors'], 'api'> },
  course: Course,
): Promise<void> {
  const { signal, tell } = course
  if (signal.aborted) return
  const usualMs = await undisturbedMs(stage, course)
  if (signal.aborted) return
  const { api } = stage.doors
  tell(`the API server answers 403 about Secrets for ${FORBIDDEN_MS / 1_000} s`)
  api.forbid('/secrets')
  await changeAllValues(stage)
  await pause(FORBIDDEN_MS)
  api.forbid(undefined)
  const boundMs = usualMs + RECOVERY_MS
  const tookMs = await allValuesFollow(stage, { rule: 'values follow after an outage', boundMs }, course)
  tell(`  all values followed after ${inSeconds(tookMs)}, without that after ${inSeconds(usualMs)}`)
}
