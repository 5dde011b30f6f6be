import { setTimeout as pause } from 'node:timers/promises'
import { until } from '@ack-secret-manager/testbed'
import { type Course, untilNothing } from './course.ts'
import { unreadyResources } from './invariants/unready.ts'
import { unsettledSecrets } from './invariants/unsettled.ts'
import { figuresOf, growthOf, type ProcessFigures } from './process-figures.ts'
import type { Stage } from './stage.ts'
import { RESOURCES, targetOf } from './world/resources.ts'

/** Within this time after the last fault everything is as it should be. */
export const CONVERGENCE_BOUND_MS = 120_000
/** Two intervals of polling and a bit: whoever would write without need has done so. */
const QUIET_MS = 5_000
const FIGURES_BOUND_MS = 60_000
/** Processor time of one turn of the event loop. */
const LONGEST_TURN_MS = 2_000

/** Everything is as it should be in time. @returns how long that took, in milliseconds; undefined when it did not come */
export async function converge(stage: Stage, object: string, course: Course): Promise<number | undefined> {
  const startMs = performance.now()
  await stage.replicas.fill()
  const goal = { rule: 'everything converges', object, boundMs: CONVERGENCE_BOUND_MS } as const
  await untilNothing(() => unsettled(stage), goal, course)
  return course.signal.aborted ? undefined : Math.round(performance.now() - startMs)
}

/** Versions of Secrets, by `namespace/name`: as long as they are the same nothing was written. */
export type Versions = ReadonlyMap<string, string | undefined>

/** Versions of all Secrets of the world. */
export function versionsOf({ witness }: Pick<Stage, 'witness'>): Versions {
  return new Map(RESOURCES.map(targetOf).map((target) => [target, witness.secrets.get(target)?.resourceVersion]))
}

/** What is as it should be is not written again: after some time these are still the versions. */
export async function keepQuiet(
  stage: Stage,
  { signal, onViolation }: Course,
  before: Versions = versionsOf(stage),
): Promise<void> {
  if (signal.aborted) return
  await pause(QUIET_MS)
  const now = versionsOf(stage)
  for (const [object, version] of before) {
    if (now.get(object) === version) continue
    const expected = 'no write: nothing has changed'
    onViolation({ rule: 'nothing is rewritten', object, expected, seen: 'another resourceVersion' })
  }
  for (const violation of stage.restarts.violations()) onViolation(violation)
}

/** The one replica that there was is still the same. */
export function hasGoneOn(
  { replicas }: { readonly replicas: Pick<Stage['replicas'], 'started'> },
  { onViolation }: Pick<Course, 'onViolation'>,
): void {
  if (replicas.started === 1) return
  const expected = 'it goes on: nobody has ended it'
  const seen = `${replicas.started} were started, one after the other`
  onViolation({ rule: 'a replica ends as it should', object: 'operator', expected, seen })
}

/** No turn of an event loop was too long. Short of the time in which a lease is renewed, and long enough for a loaded machine. */
export function staysFree(
  { replicas }: { readonly replicas: Pick<Stage['replicas'], 'longestTurnMs'> },
  { onViolation }: Pick<Course, 'onViolation'>,
): void {
  const turnMs = replicas.longestTurnMs()
  if (turnMs <= LONGEST_TURN_MS) return
  const expected = `turns of ${LONGEST_TURN_MS} ms of processor time at most`
  onViolation({ rule: 'the event loop stays free', object: 'operator', expected, seen: `${turnMs} ms` })
}

/** What the leader holds. @throws Error when nobody leads in time */
export async function leaderFigures({ replicas }: Stage): Promise<ProcessFigures> {
  return figuresOf(await until('a replica leads', async () => replicas.leader()))
}

/** Memory, sockets and timers come back to where they were. @returns where they are */
export async function giveBack(
  stage: Stage,
  before: ProcessFigures,
  course: Course,
): Promise<ProcessFigures | undefined> {
  let now: ProcessFigures | undefined
  const growth = async (): Promise<readonly string[]> => {
    const leader = stage.replicas.leader()
    now = leader && (await figuresOf(leader))
    return now ? growthOf(before, now) : ['nobody leads']
  }
  const goal = { rule: 'what was taken is given back', object: 'the leader', boundMs: FIGURES_BOUND_MS } as const
  await untilNothing(growth, goal, course)
  return now
}

/** What is not as it should be, in words. */
async function unsettled({ witness, ledger, world, restarts }: Stage): Promise<readonly string[]> {
  await collectOverlooked({ witness, ledger, world })
  const reported = await world.reported()
  for (const { metadata } of reported) if (ledger.goesWithMaker(metadata.uid)) await world.deleteOverlooked(metadata)
  const wrong = unsettledSecrets(RESOURCES, witness.secrets, ledger)
  return [...wrong, ...restarts.owed(), ...unreadyResources(RESOURCES, reported)]
}

/**
 * The garbage collector of Kubernetes does not see that an object is gone which was deleted and made anew under its name while its
 * watch was down: what belonged to the former one stays. Somebody has to do its work.
 */
async function collectOverlooked({
  witness,
  ledger,
  world,
}: Pick<Stage, 'witness' | 'ledger' | 'world'>): Promise<void> {
  for (const [target, secret] of witness.secrets) {
    const { uid, ownerUid = '' } = secret
    if (ledger.endedForMs(ownerUid) > 0 && !ledger.isOrphaned(secret)) await world.deleteSecret(target, uid)
  }
}
