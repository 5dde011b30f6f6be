import { type OperatorProcess, until } from '@ack-secret-manager/testbed'
import { afterAll, beforeAll, beforeEach, expect, vi } from 'vitest'
import type { RunContext } from '../run/run-context.ts'
import type { Violation } from '../invariants/invariant-checker.ts'
import { converge, CONVERGENCE_BOUND_MS, expectNoWrites, type Versions, versionsOf } from '../run/convergence.ts'
import { openChaosEnvironment, type ChaosEnvironment, type ChaosEnvironmentOptions } from '../run/chaos-environment.ts'
import { RESOURCES } from '../workload/resources.ts'

/** No workload is restarted for it: that takes its time. */
const PLAIN_SECRET = 's3'

/** From an empty memory on, on a loaded machine. */
const RECONCILE_DEADLINE_MS = 120_000

/** A stage for the tests of a file, and what they ask of it. */
export interface ChaosTests {
  /** From the first test on. */
  readonly environment: ChaosEnvironment
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
export function useChaosEnvironment(options: Omit<ChaosEnvironmentOptions, 'onViolation'> = {}): ChaosTests {
  const broken: Violation[] = []
  const onViolation = (violation: Violation): void => void broken.push(violation)
  const context: RunContext = { signal: new AbortController().signal, log: () => undefined, onViolation }
  let environment: ChaosEnvironment | undefined
  const opened = (): ChaosEnvironment => {
    if (!environment) throw new Error('the environment is there from beforeAll to afterAll only')
    return environment
  }
  const settled = async (): Promise<void> => {
    await converge(opened(), 'everything', context)
    expect(broken).toEqual([])
  }
  const leader = (): Promise<OperatorProcess> => until('a replica leads', async () => opened().replicas.leader())
  // Longer than the bound, however often a test waits that long, so that what has not settled is told.
  vi.setConfig({ testTimeout: 4 * CONVERGENCE_BOUND_MS, hookTimeout: 4 * CONVERGENCE_BOUND_MS })
  beforeAll(async () => {
    environment = await openChaosEnvironment({ ...options, onViolation })
  })
  afterAll(async () => {
    await environment?.[Symbol.asyncDispose]()
  })
  beforeEach(settled)
  return {
    get environment() {
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
      await until('the leader has looked at everything', async () => hasReconciledAll(await leader()), {
        deadlineMs: RECONCILE_DEADLINE_MS,
      })
      await expectNoWrites(opened(), context, before)
      expect(broken).toEqual([])
    },
    followsChanges: async (secret = PLAIN_SECRET) => {
      await opened().driver.do({ kind: 'rotate', secret })
      await settled()
    },
    settled,
  }
}

/** Whether it has looked at as many resources as there are since it leads. */
async function hasReconciledAll(replica: OperatorProcess): Promise<boolean> {
  const counts = (await replica.metrics()).matchAll(/^acksm_sync_total\{.*\} (\d+)$/gm)
  return [...counts].reduce((sum, [, count]) => sum + Number(count), 0) >= RESOURCES.length
}
