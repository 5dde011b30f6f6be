import { setTimeout as pause } from 'node:timers/promises'
import { type OperatorProcess, Random, until } from '@ack-secret-manager/testenv'
import type { RunContext } from '../run/run-context.ts'
import { allValuesFollow, changeAllValues, inSeconds, type StepEnvironment, baselineMs } from './follow-step.ts'
import { CLIENT_KEY } from '../workload/objects.ts'

const MIN_OUTAGE_S = 20
const MAX_OUTAGE_S = 60
const SHARE_OF_SEEDS = 1 / 3
/** Part of an outage in which every connection opens its circuit breaker, on an idle machine. */
const NOTICED_MS = 5_000
/** Longest time until every connection has opened it, on a busy machine. */
const NOTICE_BOUND_MS = 30_000
/** Minimum allowed delay beyond the baseline. */
const RECOVERY_MS = 5_000
/** Longest pause between probes, as a share of the age of the outage. */
const LONGEST_PAUSE = 1 / 8
const ACTIONS = ['GetSecretValue', 'GetSecretParameter']
/** Result that the simulator logs for a 503. */
const REFUSED = 'ServiceUnavailableTemporary'

/** A line of the simulator's call log. */
export interface RefusedCalls {
  readonly action: string
  readonly identity: string
  readonly count: number
}

/** Duration of the KMS outage of a run; undefined in two of three runs. Pure. */
export function outageOf(seed: number): number | undefined {
  const random = new Random(seed, 'outage')
  return random.next() < SHARE_OF_SEEDS ? random.int(MIN_OUTAGE_S, MAX_OUTAGE_S) * 1_000 : undefined
}

/** One line about the outage of a run, or the empty string. */
export function formatOutage(seed: number): string {
  const forMs = outageOf(seed)
  return forMs === undefined ? '' : `after convergence: KMS, its instance and OOS respond 503 for ${forMs / 1_000} s\n`
}

/** All reads fail with 503 for a while and all values change. The operator must send few probes, and the Secrets must follow. */
export async function runOutage(environment: StepEnvironment, forMs: number, context: RunContext): Promise<void> {
  const { signal, log, onViolation } = context
  if (signal.aborted) return
  const { simulator } = environment
  const usualMs = await baselineMs(environment, context)
  if (signal.aborted) return
  log(`KMS, its instance and OOS respond 503 for ${forMs / 1_000} s`)
  const beganMs = performance.now()
  for (const action of ACTIONS) await simulator.control('POST', '/faults', { match: { action }, fault: 'http503' })
  await until('every connection has opened its circuit breaker', () => areOpen(environment.replicas.running), {
    deadlineMs: NOTICE_BOUND_MS,
  })
  const before = await refusedCalls(simulator)
  const noticedMs = performance.now()
  await changeAllValues(environment)
  await pause(forMs - NOTICED_MS)
  // Each shard has a circuit breaker of its own.
  const most = environment.replicas.shards * mostProbes(performance.now() - noticedMs)
  for (const [endpoint, calls] of probesByEndpoint(before, await refusedCalls(simulator))) {
    log(`  ${calls} probes of ${endpoint}`)
    if (calls <= most) continue
    const expected = `at most ${most} probes, one per second and shard`
    onViolation({ rule: 'an outage is probed once a second', object: endpoint, expected, seen: `${calls} calls` })
  }
  await simulator.control('DELETE', '/faults')
  const boundMs = usualMs + Math.max(RECOVERY_MS, (performance.now() - beganMs) * LONGEST_PAUSE)
  const tookMs = await allValuesFollow(environment, { rule: 'values follow after an outage', boundMs }, context)
  log(`  all values followed after ${inSeconds(tookMs)}; baseline ${inSeconds(usualMs)}`)
}

/** Whether the connections of these replicas have open circuit breakers only. */
async function areOpen(replicas: readonly Pick<OperatorProcess, 'metrics'>[]): Promise<boolean> {
  const pages = await Promise.all(replicas.map((replica) => replica.metrics()))
  const hasSome = (page: string, state: string): boolean =>
    new RegExp(`^acksm_circuit_breakers\\{[^}]*state="${state}"[^}]*\\} [1-9]`, 'm').test(page)
  return pages.some((page) => hasSome(page, 'open')) && !pages.some((page) => hasSome(page, 'closed'))
}

async function refusedCalls(simulator: StepEnvironment['simulator']): Promise<readonly RefusedCalls[]> {
  const found = await simulator.control('GET', `/calls?groupBy=action,identity&result=${REFUSED}`)
  return (found as { calls: readonly RefusedCalls[] }).calls
}

/** One probe per second, plus one that started at either end. */
function mostProbes(ms: number): number {
  return Math.ceil(ms / 1_000) + 1
}

/** Calls between two readings of the log, by endpoint. */
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
