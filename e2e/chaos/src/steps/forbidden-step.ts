import { setTimeout as pause } from 'node:timers/promises'
import type { RunContext } from '../run/run-context.ts'
import { allValuesFollow, changeAllValues, inSeconds, type StepEnvironment, baselineMs } from './follow-step.ts'
import type { ChaosEnvironment } from '../run/chaos-environment.ts'

/** For how long a restarted API server answers 403: shorter than the lease, so that the leader stays. */
const FORBIDDEN_MS = 5_000
/** So much later than usual all values follow: watches and writes are tried again with growing pauses. */
const RECOVERY_MS = 30_000

/** The API server answers 403 to requests about Secrets for seconds, and all values change. Afterwards they follow in time. */
export async function runForbidden(
  environment: StepEnvironment & { readonly proxies: Pick<ChaosEnvironment['proxies'], 'api'> },
  context: RunContext,
): Promise<void> {
  const { signal, log } = context
  if (signal.aborted) return
  const usualMs = await baselineMs(environment, context)
  if (signal.aborted) return
  const { api } = environment.proxies
  log(`the API server answers 403 about Secrets for ${FORBIDDEN_MS / 1_000} s`)
  api.forbid('/secrets')
  await changeAllValues(environment)
  await pause(FORBIDDEN_MS)
  api.forbid(undefined)
  const boundMs = usualMs + RECOVERY_MS
  const tookMs = await allValuesFollow(environment, { rule: 'values follow after an outage', boundMs }, context)
  log(`  all values followed after ${inSeconds(tookMs)}, without that after ${inSeconds(usualMs)}`)
}
