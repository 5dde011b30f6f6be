import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { type Progress, startControlPlane } from '@ack-secret-manager/control-plane'
import { crds } from '@ack-secret-manager/resources'
import {
  installCrds,
  longestTurnMs,
  OperatorProcess,
  REPORTS_TURNS,
  seedOfMany,
  SimulatorProcess,
} from '@ack-secret-manager/testenv'
import { createChurn } from './churn.ts'
import { churn } from './run-churn.ts'
import { INSPECTABLE } from './inspector.ts'
import { waitUntilIdle, type IdleCheck } from './wait-until-idle.ts'
import { measureAtRest, type SoakStats } from './soak-stats.ts'
import { TcpRelay } from '@ack-secret-manager/test-support/fault-proxy'
import { SoakEnvironment } from './soak-environment.ts'
import { type SoakMeasurements, type GrowthCheck, growthChecksOf } from './growth-checks.ts'

/** Options of {@link runSoak}. */
export interface SoakRun {
  readonly resources: number
  readonly durationMs: number
  readonly seed: number
  /** Operations a second. */
  readonly perSecond: number
  /** Polling interval, and duration of each measurement at rest. */
  readonly intervalMs: number
  /** Delay of every response of KMS. */
  readonly latencyMs: number
  /** Folder for heap snapshots at the start and at the end. @default not written */
  readonly snapshots?: string | undefined
  /** Run the bundle as shipped instead of the sources. @default if it is current */
  readonly bundle?: boolean
  /** Further flags of Node for the operator. @default none */
  readonly nodeArgs?: readonly string[]
  /** Maximum number of measurements at the end: a leak stays in all of them, memory that is only released late does not. @default 3 */
  readonly attempts?: number
  readonly progress: Progress
}

/** Result of a soak. */
export interface SoakResult extends SoakMeasurements {
  readonly checks: readonly GrowthCheck[]
}

/** The API server is repeatedly unreachable; the operator may lose its Lease then, which this test does not check. */
const LEASE = '5m'
const EXIT_GRACE_MS = 1_000
const USER = { name: 'soak-operator', token: 'soak-operator-only-for-this-run', groups: ['system:masters'] }
const ATTEMPTS = 3

/**
 * Runs the operator through churn on a separate control plane, and compares its resource usage before and after. @throws Error if something
 * does not become idle
 */
export async function runSoak(run: SoakRun): Promise<SoakResult> {
  await using opened = await openSoak(run)
  try {
    return await soak(run, opened)
  } catch (error) {
    const { program } = opened.operator
    const how = await Promise.race([program.exited, pause(EXIT_GRACE_MS)])
    // The exit is the cause of any other failure.
    if (how !== undefined) throw new Error(`the operator has ended (${how}): ${program.latest}`, { cause: error })
    throw error
  }
}

async function soak(run: SoakRun, { environment, operator, simulator, request }: OpenSoak): Promise<SoakResult> {
  const { resources, progress, snapshots } = run
  const { revisions } = environment
  const idleCheck: IdleCheck = { request, operator, revisions, report: (text) => progress.update(`settling: ${text}`) }
  const rest = async (which: string): Promise<SoakStats> => {
    await waitUntilIdle(idleCheck)
    progress.update(`at rest for ${run.intervalMs / 1_000} s`)
    const snapshotFile = snapshots && path.join(snapshots, `${which}.heapsnapshot`)
    return measureAtRest(operator, simulator, { restMs: run.intervalMs, snapshotFile })
  }
  progress.stage(`first sync of ${resources} ExternalSecrets`)
  const start = await rest('start')
  progress.done('first sync and a rest')

  const operations = createChurn(run)
  progress.stage(`churn: ${operations.length} operations`)
  const during = await churn({ operations, environment, operator, progress, durationMs: run.durationMs })
  progress.done(`churn: ${operations.length} operations`)

  progress.stage('settling')
  let end = await rest('end')
  const hasGrown = (): boolean => growthChecksOf({ start, during, end }).some(({ isGrowth }) => isGrowth)
  for (let attempt = 1; attempt < (run.attempts ?? ATTEMPTS) && hasGrown(); attempt += 1) end = await rest('end')
  progress.done('settling and a rest')
  const measurements = { start, during, end, longestTurnMs: longestTurnMs(operator.program) }
  return { ...measurements, checks: growthChecksOf(measurements) }
}

/** Everything that a soak needs, started. */
type OpenSoak = Awaited<ReturnType<typeof openSoak>>

async function openSoak({ resources, intervalMs, latencyMs, bundle, nodeArgs = [], progress, snapshots }: SoakRun) {
  await using opened = new AsyncDisposableStack()
  if (snapshots !== undefined) await mkdir(snapshots, { recursive: true })
  progress.stage('starting control plane and simulator')
  const plane = opened.use(await startControlPlane({ users: [USER] }))
  await installCrds(plane.request, crds())
  // STS listens if the seed has roles, even an empty list.
  const seed = { ...seedOfMany(resources), roles: [] }
  const simulator = opened.use(await SimulatorProcess.start(seed, ['--latency-ms', String(latencyMs)]))
  const relay = opened.use(await TcpRelay.open(await plane.kubeconfig(USER.name)))
  const { request } = plane
  const environment = new SoakEnvironment({ request, simulator, resources, relay })
  progress.update(`creating ${resources} ExternalSecrets`)
  await environment.populate()
  const operator = opened.use(
    await OperatorProcess.start({
      ...(bundle === undefined ? {} : { bundle }),
      kubeconfigPath: relay.kubeconfigPath,
      caFile: simulator.caFile,
      kmsEndpoint: simulator.endpoint,
      args: [...simulator.operatorFlags, `--polling-interval=${intervalMs}ms`, `--lease-duration=${LEASE}`],
      nodeArgs: [INSPECTABLE, ...REPORTS_TURNS, ...nodeArgs],
    }),
  )
  await operator.leading()
  progress.done(`control plane, simulator and ${resources} ExternalSecrets`)
  const all = opened.move()
  return { environment, operator, simulator, request, [Symbol.asyncDispose]: () => all.disposeAsync() }
}
