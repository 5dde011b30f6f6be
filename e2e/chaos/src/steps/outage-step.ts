import { setTimeout as pause } from 'node:timers/promises'
import { Random } from '@ack-secret-manager/testbed'
import type { RunContext } from '../run/run-context.ts'
import { allValuesFollow, changeAllValues, inSeconds, type StepEnvironment, baselineMs } from './follow-step.ts'
import { CLIENT_KEY } from '../workload/objects.ts'

const MIN_OUTAGE_S = 20
const MAX_OUTAGE_S = 60
const SHARE_OF_SEEDS = 1 / 3
/** Two intervals of polling: every connection has noticed the outage, and has opened its circuit breaker. */
const NOTICED_MS = 5_000
/** So much later than without an outage all values follow, at least. */
const RECOVERY_MS = 5_000
/** A breaker waits for an eighth of the outage's age between two probes. */
const LONGEST_PAUSE = 1 / 8
const ACTIONS = ['GetSecretValue', 'GetSecretParameter']
/** What the simulator logs for a call that it answers 503. */
const REFUSED = 'ServiceUnavailableTemporary'

/** A line of the simulator's log of calls. */
export interface RefusedCalls {
  readonly action: string
  readonly identity: string
  readonly count: number
}

/** For how long KMS is away in a run when all else is quiet; undefined in two of three runs. Pure. */
export function outageOf(seed: number): number | undefined {
  const random = new Random(seed, 'outage')
  return random.next() < SHARE_OF_SEEDS ? random.int(MIN_OUTAGE_S, MAX_OUTAGE_S) * 1_000 : undefined
}

/** One line about the outage of a run, or nothing. */
export function formatOutage(seed: number): string {
  const forMs = outageOf(seed)
  return forMs === undefined
    ? ''
    : `when all has converged: KMS, its instance and OOS answer 503 for ${forMs / 1_000} s\n`
}

/** Every read is answered 503 for a while, and all values change. Few calls are made meanwhile, and afterwards the values follow. */
export async function runOutage(environment: StepEnvironment, forMs: number, context: RunContext): Promise<void> {
  const { signal, log, onViolation } = context
  if (signal.aborted) return
  const { simulator } = environment
  const usualMs = await baselineMs(environment, context)
  if (signal.aborted) return
  log(`KMS, its instance and OOS answer 503 for ${forMs / 1_000} s`)
  for (const action of ACTIONS) await simulator.control('POST', '/faults', { match: { action }, fault: 'http503' })
  await pause(NOTICED_MS)
  const before = await refusedCalls(simulator)
  const noticedMs = performance.now()
  await changeAllValues(environment)
  await pause(forMs - NOTICED_MS)
  const most = mostProbes(performance.now() - noticedMs)
  for (const [endpoint, calls] of probesByEndpoint(before, await refusedCalls(simulator))) {
    log(`  ${calls} probes of ${endpoint}`)
    if (calls <= most) continue
    const expected = `${most} probes at most, one a second`
    onViolation({ rule: 'an outage is probed once a second', object: endpoint, expected, seen: `${calls} calls` })
  }
  await simulator.control('DELETE', '/faults')
  const boundMs = usualMs + Math.max(RECOVERY_MS, forMs * LONGEST_PAUSE)
  const tookMs = await allValuesFollow(environment, { rule: 'values follow after an outage', boundMs }, context)
  log(`  all values followed after ${inSeconds(tookMs)}, without an outage after ${inSeconds(usualMs)}`)
}

async function refusedCalls(simulator: StepEnvironment['simulator']): Promise<readonly RefusedCalls[]> {
  const found = await simulator.control('GET', `/calls?groupBy=action,identity&result=${REFUSED}`)
  return (found as { calls: readonly RefusedCalls[] }).calls
}

/** One a second; one that has just begun at either end counts as well. */
function mostProbes(ms: number): number {
  return Math.ceil(ms / 1_000) + 1
}

/** Calls that came between two readings of the log, by the endpoint that they were for. */
export function probesByEndpoint(
  before: readonly RefusedCalls[],
  after: readonly RefusedCalls[],
): ReadonlyMap<string, number> {
  const probes = new Map<string, number>()
  const add = ({ action, identity, count }: RefusedCalls, sign: 1 | -1): void => {
    const endpoint = action === 'GetSecretParameter' ? 'OOS' : identity === CLIENT_KEY.id ? 'the KMS instance' : 'KMS'
    probes.set(endpoint, (probes.get(endpoint) ?? 0) + sign * count)
  }
  for (const line of after) add(line, 1)
  for (const line of before) add(line, -1)
  return probes
}
