import { setTimeout as pause } from 'node:timers/promises'
import { until } from '@ack-secret-manager/testenv'
import { type RunContext, untilResolved } from './run-context.ts'
import { unreadyResources } from '../invariants/unready.ts'
import { unconvergedSecrets } from '../invariants/unconverged.ts'
import { statsOf, growthOf, type ReplicaResources } from './replica-resources.ts'
import type { ChaosEnvironment } from './chaos-environment.ts'
import { RESOURCES, targetOf } from '../workload/resources.ts'

/** Longest time until everything has converged after the last fault. */
export const CONVERGENCE_BOUND_MS = 120_000
/** More than two polling intervals, enough for an unnecessary write to happen. */
const QUIET_MS = 5_000
const RELEASE_BOUND_MS = 60_000
/** Longest allowed CPU time of one event loop turn. */
const LONGEST_TURN_MS = 2_000

/** Waits for convergence. @returns the time in milliseconds; undefined if a rule was broken */
export async function converge(
  environment: ChaosEnvironment,
  object: string,
  context: RunContext,
): Promise<number | undefined> {
  const startMs = performance.now()
  await environment.replicas.fill()
  const goal = { rule: 'everything converges', object, boundMs: CONVERGENCE_BOUND_MS } as const
  await untilResolved(() => openProblems(environment), goal, context)
  return context.signal.aborted ? undefined : Math.round(performance.now() - startMs)
}

/** resourceVersions of Secrets, by `namespace/name`. */
export type Versions = ReadonlyMap<string, string | undefined>

/** resourceVersions of all Secrets of the workload. */
export function versionsOf({ observer }: Pick<ChaosEnvironment, 'observer'>): Versions {
  return new Map(RESOURCES.map(targetOf).map((target) => [target, observer.secrets.get(target)?.resourceVersion]))
}

/** Asserts that converged Secrets are not written: their versions stay the same for some time. */
export async function expectNoWrites(
  environment: ChaosEnvironment,
  { signal, onViolation }: RunContext,
  before: Versions = versionsOf(environment),
): Promise<void> {
  if (signal.aborted) return
  await pause(QUIET_MS)
  const now = versionsOf(environment)
  for (const [object, version] of before) {
    if (now.get(object) === version) continue
    const expected = 'no write, because nothing has changed'
    onViolation({ rule: 'nothing is rewritten', object, expected, seen: 'another resourceVersion' })
  }
  for (const violation of environment.restarts.violations()) onViolation(violation)
}

/** Asserts that the single replica was not restarted. */
export function expectNoRestart(
  { replicas }: { readonly replicas: Pick<ChaosEnvironment['replicas'], 'started'> },
  { onViolation }: Pick<RunContext, 'onViolation'>,
): void {
  if (replicas.started === 1) return
  const expected = 'it keeps running'
  const seen = `${replicas.started} replicas were started one after the other`
  onViolation({ rule: 'a replica exits cleanly', object: 'operator', expected, seen })
}

/** Asserts that no event loop turn was too long. The limit is below the renewal time of a lease and fits a loaded machine. */
export function expectResponsiveEventLoop(
  { replicas }: { readonly replicas: Pick<ChaosEnvironment['replicas'], 'longestTurnMs'> },
  { onViolation }: Pick<RunContext, 'onViolation'>,
): void {
  const turnMs = replicas.longestTurnMs()
  if (turnMs <= LONGEST_TURN_MS) return
  const expected = `turns of at most ${LONGEST_TURN_MS} ms of CPU time`
  onViolation({ rule: 'the event loop stays free', object: 'operator', expected, seen: `${turnMs} ms` })
}

/** Process statistics of the leader. @throws Error when no replica leads in time */
export async function leaderStats({ replicas }: ChaosEnvironment): Promise<ReplicaResources> {
  return statsOf(await until('a replica leads', async () => replicas.leader()))
}

/** Waits until memory, sockets and timers are back at their initial values. @returns the final statistics */
export async function expectResourcesReleased(
  environment: ChaosEnvironment,
  before: ReplicaResources,
  context: RunContext,
): Promise<ReplicaResources | undefined> {
  let now: ReplicaResources | undefined
  const growth = async (): Promise<readonly string[]> => {
    const leader = environment.replicas.leader()
    now = leader && (await statsOf(leader))
    return now ? growthOf(before, now) : ['no replica leads']
  }
  const goal = { rule: 'resources are released', object: 'the leader', boundMs: RELEASE_BOUND_MS } as const
  await untilResolved(growth, goal, context)
  return now
}

/** Problems that are left, as text. */
async function openProblems({
  observer,
  expectedState,
  driver,
  restarts,
}: ChaosEnvironment): Promise<readonly string[]> {
  await collectOverlooked({ observer, expectedState, driver })
  const reported = await driver.reported()
  for (const { metadata } of reported)
    if (expectedState.goesWithCreator(metadata.uid)) await driver.deleteOverlooked(metadata)
  const wrong = unconvergedSecrets(RESOURCES, observer.secrets, expectedState)
  return [...wrong, ...restarts.pending(), ...unreadyResources(RESOURCES, reported)]
}

/**
 * Does the work of the garbage collector: it misses an object that was deleted and recreated while its watch was down, so the
 * dependents of the former object stay.
 */
async function collectOverlooked({
  observer,
  expectedState,
  driver,
}: Pick<ChaosEnvironment, 'observer' | 'expectedState' | 'driver'>): Promise<void> {
  for (const [target, secret] of observer.secrets) {
    const { uid, ownerUid = '' } = secret
    if (expectedState.endedForMs(ownerUid) > 0 && !expectedState.isOrphaned(secret))
      await driver.deleteSecret(target, uid)
  }
}
