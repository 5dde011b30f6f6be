import { type OperatorProcess, until } from '@ack-secret-manager/testbed'
import { afterAll, beforeAll, beforeEach, expect, vi } from 'vitest'
import type { Course } from '../course.ts'
import type { Violation } from '../invariants/judge.ts'
import { converge, CONVERGENCE_BOUND_MS } from '../settle.ts'
import { openStage, type Stage, type StageOptions } from '../stage.ts'
import { RESOURCES, targetOf } from '../world/resources.ts'

/** No workload is restarted for it: that takes its time. */
const UNSPECTACULAR = 's3'

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
  /** Versions of all Secrets of the world: as long as they are the same nothing was written. */
  readonly versions: () => ReadonlyMap<string, string | undefined>
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
  // Longer than the bound, so that what has not settled is told.
  vi.setConfig({ testTimeout: CONVERGENCE_BOUND_MS + 60_000, hookTimeout: CONVERGENCE_BOUND_MS + 60_000 })
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
    leader: () => until('a replica leads', async () => opened().replicas.leader()),
    successor: (of) =>
      until('another replica leads', async () => {
        const now = opened().replicas.leader()
        return now === of ? undefined : now
      }),
    versions: () =>
      new Map(RESOURCES.map(targetOf).map((target) => [target, opened().witness.secrets.get(target)?.resourceVersion])),
    followsChanges: async (secret = UNSPECTACULAR) => {
      await opened().world.do({ kind: 'rotate', secret })
      await settled()
    },
    settled,
  }
}
