import { type OperatorProcess, until } from '@ack-secret-manager/testenv'
import { afterAll, beforeAll, beforeEach, expect, vi } from 'vitest'
import type { RunContext } from '../run/run-context.ts'
import type { Violation } from '../invariants/invariant-checker.ts'
import { converge, CONVERGENCE_BOUND_MS, type Versions, versionsOf } from '../run/convergence.ts'
import { openChaosEnvironment, type ChaosEnvironment, type ChaosEnvironmentOptions } from '../run/chaos-environment.ts'
import { OPTIONAL_SECRET, RESOURCES, targetOf } from '../workload/resources.ts'

/** A secret without workload restarts, which take time. */
const PLAIN_SECRET = 's3'
/** Secrets that change with the secret that few resources use. */
const FOLLOWERS: ReadonlySet<string> = new Set(
  RESOURCES.filter(({ secrets }) => secrets.includes(OPTIONAL_SECRET)).map(targetOf),
)
const isFollower = (target: string): boolean => FOLLOWERS.has(target)
const isOther = (target: string): boolean => !isFollower(target)

/** Enough for a first reconcile of everything on a loaded machine. */
const RECONCILE_DEADLINE_MS = 120_000

/** The environment of a test file, with assertions. */
export interface ChaosTests {
  /** Available during tests. */
  readonly environment: ChaosEnvironment
  /** Violations so far. */
  readonly broken: readonly Violation[]
  /** Waits for the leader. */
  readonly leader: () => Promise<OperatorProcess>
  /** Waits for the leader that follows this one. */
  readonly successor: (of: OperatorProcess) => Promise<OperatorProcess>
  /** resourceVersions of all Secrets of the workload. */
  readonly versions: () => Versions
  /** Asserts that the leader reconciles everything without changing these versions. */
  readonly nothingRewritten: (before: Versions) => Promise<void>
  /** Asserts that the Secrets follow a new version of a secret without a violation. */
  readonly followsChanges: (secret?: string) => Promise<void>
  /** Asserts that everything has converged. */
  readonly converged: () => Promise<void>
}

/** Opens an environment before the first test. Each test starts after convergence. Call it while tests are collected. */
export function useChaosEnvironment(options: Omit<ChaosEnvironmentOptions, 'onViolation'> = {}): ChaosTests {
  const broken: Violation[] = []
  const onViolation = (violation: Violation): void => void broken.push(violation)
  const context: RunContext = { signal: new AbortController().signal, log: () => undefined, onViolation }
  let environment: ChaosEnvironment | undefined
  const opened = (): ChaosEnvironment => {
    if (!environment) throw new Error('the environment is there from beforeAll to afterAll only')
    return environment
  }
  const converged = async (): Promise<void> => {
    await converge(opened(), 'everything', context)
    expect(broken).toEqual([])
  }
  const followsChanges = async (secret: string = PLAIN_SECRET): Promise<void> => {
    await opened().driver.do({ kind: 'rotate', secret })
    await converged()
  }
  const leader = (): Promise<OperatorProcess> => until('a replica leads', async () => opened().replicas.leader())
  // Longer than several convergence bounds, so that a violation is reported before the test times out.
  vi.setConfig({ testTimeout: 4 * CONVERGENCE_BOUND_MS, hookTimeout: 4 * CONVERGENCE_BOUND_MS })
  beforeAll(async () => {
    environment = await openChaosEnvironment({ ...options, onViolation })
  })
  afterAll(async () => {
    await environment?.[Symbol.asyncDispose]()
  })
  beforeEach(converged)
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
      await until('the leader has reconciled everything', async () => hasReconciledAll(await leader()), {
        deadlineMs: RECONCILE_DEADLINE_MS,
      })
      // The rotations below change the followers, so these are compared first.
      const followers = only(isFollower, before)
      expect(await storedVersions(opened(), [...followers.keys()])).toEqual(followers)
      // The second change is noticed by a later poll than the first, so that all sources were polled in between.
      await followsChanges(OPTIONAL_SECRET)
      await followsChanges(OPTIONAL_SECRET)
      const others = only(isOther, before)
      expect(only((target) => others.has(target), versionsOf(opened()))).toEqual(others)
      expect([...opened().restarts.violations()]).toEqual([])
    },
    followsChanges,
    converged,
  }
}

/** Whether the replica has reconciled as many resources as exist. */
async function hasReconciledAll(replica: OperatorProcess): Promise<boolean> {
  const counts = (await replica.metrics()).matchAll(/^acksm_sync_total\{.*\} (\d+)$/gm)
  return [...counts].reduce((sum, [, count]) => sum + Number(count), 0) >= RESOURCES.length
}

function only(isIncluded: (target: string) => boolean, versions: Versions): Versions {
  return new Map([...versions].filter(([target]) => isIncluded(target)))
}

/** resourceVersions of these Secrets on the API server. The observer may learn of a write later than the metrics. */
async function storedVersions({ plane }: ChaosEnvironment, targets: readonly string[]): Promise<Versions> {
  const read = targets.map(async (target) => {
    const [namespace, name] = target.split('/')
    const { body } = await plane.request<{ metadata: { resourceVersion: string } }>(
      'GET',
      `/api/v1/namespaces/${namespace}/secrets/${name}`,
    )
    return [target, body.metadata.resourceVersion] as const
  })
  return new Map(await Promise.all(read))
}
