import { setTimeout as pause } from 'node:timers/promises'
import type { RunContext } from '../run/run-context.ts'
import { allValuesFollow, changeAllValues, inSeconds, type StepEnvironment, baselineMs } from './follow-step.ts'
import type { ChaosEnvironment } from '../run/chaos-environment.ts'

/** Duration of the 403 responses, shorter than the lease so that the leader stays. */
const FORBIDDEN_MS = 5_000
/** Allowed delay beyond the baseline, because watches and writes are retried with backoff. */
const RECOVERY_MS = 30_000

/** The API server responds 403 to requests for Secrets for some seconds while all values change. The Secrets must follow in time. */
export async function runForbidden(
  environment: StepEnvironment & { readonly proxies: Pick<ChaosEnvironment['proxies'], 'api'> },
  context: RunContext,
): Promise<void> {
  const { signal, log } = context
  if (signal.aborted) return
  const usualMs = await baselineMs(environment, context)
  if (signal.aborted) return
  const { api } = environment.proxies
  log(`the API server responds 403 to requests for Secrets for ${FORBIDDEN_MS / 1_000} s`)
  api.forbid('/secrets')
  await changeAllValues(environment)
  await pause(FORBIDDEN_MS)
  api.forbid(undefined)
  const boundMs = usualMs + RECOVERY_MS
  const tookMs = await allValuesFollow(environment, { rule: 'values follow after an outage', boundMs }, context)
  log(`  all values followed after ${inSeconds(tookMs)}; baseline ${inSeconds(usualMs)}`)
}
