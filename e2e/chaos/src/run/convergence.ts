import { setTimeout as pause } from 'node:timers/promises'
import { until } from '@ack-secret-manager/testbed'
import { type RunContext, untilResolved } from './run-context.ts'
import { unreadyResources } from '../invariants/unready.ts'
import { unconvergedSecrets } from '../invariants/unconverged.ts'
import { statsOf, growthOf, type ProcessStats } from './process-stats.ts'
import type { ChaosEnvironment } from './chaos-environment.ts'
import { RESOURCES, targetOf } from '../workload/resources.ts'

/** Within this time after the last fault everything is as it should be. */
export const CONVERGENCE_BOUND_MS = 120_000
/** Two intervals of polling and a bit: whoever would write without need has done so. */
const QUIET_MS = 5_000
const RELEASE_BOUND_MS = 60_000
/** Processor time of one turn of the event loop. */
const LONGEST_TURN_MS = 2_000

/** Everything is as it should be in time. @returns how long that took, in milliseconds; undefined when it did not come */
export async function converge(
  environment: ChaosEnvironment,
  object: string,
  context: RunContext,
): Promise<number | undefined> {
  const startMs = performance.now()
  await environment.replicas.fill()
  const goal = { rule: 'everything converges', object, boundMs: CONVERGENCE_BOUND_MS } as const
  await untilResolved(() => unsettled(environment), goal, context)
  return context.signal.aborted ? undefined : Math.round(performance.now() - startMs)
}

/** Versions of Secrets, by `namespace/name`: as long as they are the same nothing was written. */
export type Versions = ReadonlyMap<string, string | undefined>

/** Versions of all Secrets of the world. */
export function versionsOf({ observer }: Pick<ChaosEnvironment, 'observer'>): Versions {
  return new Map(RESOURCES.map(targetOf).map((target) => [target, observer.secrets.get(target)?.resourceVersion]))
}

/** What is as it should be is not written again: after some time these are still the versions. */
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
    const expected = 'no write: nothing has changed'
    onViolation({ rule: 'nothing is rewritten', object, expected, seen: 'another resourceVersion' })
  }
  for (const violation of environment.restarts.violations()) onViolation(violation)
}

/** The one replica that there was is still the same. */
export function expectNoRestart(
  { replicas }: { readonly replicas: Pick<ChaosEnvironment['replicas'], 'started'> },
  { onViolation }: Pick<RunContext, 'onViolation'>,
): void {
  if (replicas.started === 1) return
  const expected = 'it goes on: nobody has ended it'
  const seen = `${replicas.started} were started, one after the other`
  onViolation({ rule: 'a replica ends as it should', object: 'operator', expected, seen })
}

/** No turn of an event loop was too long. Short of the time in which a lease is renewed, and long enough for a loaded machine. */
export function expectResponsiveEventLoop(
  { replicas }: { readonly replicas: Pick<ChaosEnvironment['replicas'], 'longestTurnMs'> },
  { onViolation }: Pick<RunContext, 'onViolation'>,
): void {
  const turnMs = replicas.longestTurnMs()
  if (turnMs <= LONGEST_TURN_MS) return
  const expected = `turns of ${LONGEST_TURN_MS} ms of processor time at most`
  onViolation({ rule: 'the event loop stays free', object: 'operator', expected, seen: `${turnMs} ms` })
}

/** What the leader holds. @throws Error when nobody leads in time */
export async function leaderStats({ replicas }: ChaosEnvironment): Promise<ProcessStats> {
  return statsOf(await until('a replica leads', async () => replicas.leader()))
}

/** Memory, sockets and timers come back to where they were. @returns where they are */
export async function expectResourcesReleased(
  environment: ChaosEnvironment,
  before: ProcessStats,
  context: RunContext,
): Promise<ProcessStats | undefined> {
  let now: ProcessStats | undefined
  const growth = async (): Promise<readonly string[]> => {
    const leader = environment.replicas.leader()
    now = leader && (await statsOf(leader))
    return now ? growthOf(before, now) : ['nobody leads']
  }
  const goal = { rule: 'what was taken is given back', object: 'the leader', boundMs: RELEASE_BOUND_MS } as const
  await untilResolved(growth, goal, context)
  return now
}

/** What is not as it should be, in words. */
async function unsettled({ observer, expectedState, driver, restarts }: ChaosEnvironment): Promise<readonly string[]> {
  await collectOverlooked({ observer, expectedState, driver })
  const reported = await driver.reported()
  for (const { metadata } of reported)
    if (expectedState.goesWithCreator(metadata.uid)) await driver.deleteOverlooked(metadata)
  const wrong = unconvergedSecrets(RESOURCES, observer.secrets, expectedState)
  return [...wrong, ...restarts.owed(), ...unreadyResources(RESOURCES, reported)]
}

/**
 * The garbage collector of Kubernetes does not see that an object is gone which was deleted and made anew under its name while its
 * watch was down: what belonged to the former one stays. Somebody has to do its work.
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
