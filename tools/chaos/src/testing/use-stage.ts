import { type OperatorProcess, until } from '@ack-secret-manager/testbed'
import { afterAll, beforeAll, beforeEach, expect, vi } from 'vitest'
import type { Course } from '../course.ts'
import type { Violation } from '../invariants/judge.ts'
import { converge, CONVERGENCE_BOUND_MS, keepQuiet, type Versions, versionsOf } from '../settle.ts'
import { openStage, type Stage, type StageOptions } from '../stage.ts'
import { RESOURCES } from '../world/resources.ts'

/** No workload is restarted for it: that takes its time. */
const UNSPECTACULAR = 's3'

/** From an empty memory on, on a loaded machine. */
const LOOK_DEADLINE_MS = 120_000

/** A stage for the tests of a file, and what they ask of it. */
export interface StageTests {
  /** From the first test on. */
  readonly stage: Stage
  /** Rules that were broken so far. */
  readonly broken: readonly Violation[]
  /** The replica that leads. */
  readonly leader: () => Promise<OperatorProcess>
  /** The replica that leads after this one. */
  readonly successor: (of: OperatorProcess) => Promise<OperatorProcess>
  /** Versions of all Secrets of the world. */
  readonly versions: () => Versions
  /** Whoever leads looks at everything, and some time after that these are still the versions. */
  readonly nothingRewritten: (before: Versions) => Promise<void>
  /** A new version of a secret is followed, and no rule was broken until then. */
  readonly followsChanges: (secret?: string) => Promise<void>
  /** Everything is as it should be. */
  readonly settled: () => Promise<void>
}

/** Opens a stage before the first test; all has settled when a test begins. Call it while tests are collected. */
export function useStage(options: Omit<StageOptions, 'onViolation'> = {}): StageTests {
  const broken: Violation[] = []
  const onViolation = (violation: Violation): void => void broken.push(violation)
  const course: Course = { signal: new AbortController().signal, tell: () => undefined, onViolation }
  let stage: Stage | undefined
  const opened = (): Stage => {
    if (!stage) throw new Error('the stage is there from beforeAll to afterAll only')
    return stage
  }
  const settled = async (): Promise<void> => {
    await converge(opened(), 'everything', course)
    expect(broken).toEqual([])
  }
  const leader = (): Promise<OperatorProcess> => until('a replica leads', async () => opened().replicas.leader())
  // Longer than the bound, however often a test waits that long, so that what has not settled is told.
  vi.setConfig({ testTimeout: 4 * CONVERGENCE_BOUND_MS, hookTimeout: 4 * CONVERGENCE_BOUND_MS })
  beforeAll(async () => {
    stage = await openStage({ ...options, onViolation })
  })
  afterAll(async () => {
    await stage?.[Symbol.asyncDispose]()
  })
  beforeEach(settled)
  return {
    get stage() {
      return opened()
    },
    broken,
    leader,
    successor: (of) =>
      until('another replica leads', async () => {
        const now = opened().replicas.leader()
        return now === of ? undefined : now
      }),
    versions: () => versionsOf(opened()),
    nothingRewritten: async (before) => {
      await until('the leader has looked at everything', async () => hasLookedAtAll(await leader()), {
        deadlineMs: LOOK_DEADLINE_MS,
      })
      await keepQuiet(opened(), course, before)
      expect(broken).toEqual([])
    },
    followsChanges: async (secret = UNSPECTACULAR) => {
      await opened().world.do({ kind: 'rotate', secret })
      await settled()
    },
    settled,
  }
}

/** Whether it has looked at as many resources as there are since it leads. */
async function hasLookedAtAll(replica: OperatorProcess): Promise<boolean> {
  const counts = (await replica.metrics()).matchAll(/^acksm_sync_total\{.*\} (\d+)$/gm)
  return [...counts].reduce((sum, [, count]) => sum + Number(count), 0) >= RESOURCES.length
}
