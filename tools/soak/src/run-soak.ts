import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
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
} from '@ack-secret-manager/testbed'
import { createChurn } from './churn.ts'
import { churn } from './do-churn.ts'
import { INSPECTABLE } from './inspector.ts'
import { settle, type Settling } from './settle.ts'
import { measureAtRest, type SoakFigures } from './soak-figures.ts'
import { SoakWorld } from './soak-world.ts'
import { type SoakCourse, type Verdict, verdictsOf } from './verdicts.ts'
import { Wire } from './wire.ts'

/** How a soak is run. */
export interface SoakRun {
  readonly resources: number
  readonly durationMs: number
  readonly seed: number
  /** Deeds a second. */
  readonly perSecond: number
  /** Polling interval, and length of the rest in which is measured. */
  readonly intervalMs: number
  /** Delay of every answer of KMS. */
  readonly latencyMs: number
  /** Folder for what is on the heap at the start and at the end. @default not written */
  readonly snapshots?: string | undefined
  /** Run the bundle as shipped instead of the sources. */
  readonly bundle: boolean
  /** Further flags of Node for the operator. @default none */
  readonly nodeArgs?: readonly string[]
  /** How often the end is looked at, at most: a leak does not go away, what is only given back late does. @default 3 */
  readonly attempts?: number
  readonly progress: Progress
}

/** What came of it. */
export interface SoakResult extends SoakCourse {
  readonly verdicts: readonly Verdict[]
}

/** The API server is out of reach again and again; losing the lease by that is right, and not what is looked at here. */
const LEASE = '5m'
const EXIT_GRACE_MS = 1_000
const USER = { name: 'soak-operator', token: 'soak-operator-only-for-this-run', groups: ['system:masters'] }
const ATTEMPTS = 3

/**
 * Has the operator work through churn on a control plane of its own, and compares what it holds before and after.
 * @throws Error when something does not settle
 */
export async function runSoak(run: SoakRun): Promise<SoakResult> {
  await using stage = await openStage(run)
  try {
    return await soak(run, stage)
  } catch (error) {
    const { program } = stage.operator
    const how = await Promise.race([program.exited, pause(EXIT_GRACE_MS)])
    // Whatever has failed then, that is why.
    if (how !== undefined) throw new Error(`the operator has ended (${how}): ${program.latest}`, { cause: error })
    throw error
  }
}

async function soak(run: SoakRun, { world, operator, simulator, request }: Stage): Promise<SoakResult> {
  const { resources, progress, snapshots } = run
  const { revisions } = world
  const settling: Settling = { request, operator, revisions, tell: (text) => progress.update(`settling: ${text}`) }
  const rest = async (which: string): Promise<SoakFigures> => {
    await settle(settling)
    progress.update(`at rest for ${run.intervalMs / 1_000} s`)
    const snapshotFile = snapshots && path.join(snapshots, `${which}.heapsnapshot`)
    return measureAtRest(operator, simulator, { restMs: run.intervalMs, snapshotFile })
  }
  progress.stage(`first sync of ${resources} ExternalSecrets`)
  const start = await rest('start')
  progress.done('first sync and a rest')

  const deeds = createChurn(run)
  progress.stage(`churn: ${deeds.length} deeds`)
  const during = await churn({ deeds, world, operator, progress, durationMs: run.durationMs })
  progress.done(`churn: ${deeds.length} deeds`)

  progress.stage('settling')
  let end = await rest('end')
  const hasGrown = (): boolean => verdictsOf({ start, during, end }).some(({ isGrowth }) => isGrowth)
  for (let attempt = 1; attempt < (run.attempts ?? ATTEMPTS) && hasGrown(); attempt += 1) end = await rest('end')
  progress.done('settling and a rest')
  const course = { start, during, end, longestTurnMs: longestTurnMs(operator.program) }
  return { ...course, verdicts: verdictsOf(course) }
}

/** All that a soak needs, up and running. */
type Stage = Awaited<ReturnType<typeof openStage>>

async function openStage({ resources, intervalMs, latencyMs, bundle, nodeArgs = [], progress, snapshots }: SoakRun) {
  await using opened = new AsyncDisposableStack()
  const folder = await mkdtemp(path.join(tmpdir(), 'acksm-soak-'))
  opened.defer(() => rm(folder, { recursive: true, force: true }))
  if (snapshots !== undefined) await mkdir(snapshots, { recursive: true })
  progress.stage('starting control plane and simulator')
  const plane = opened.use(await startControlPlane({ users: [USER] }))
  await installCrds(plane.request, crds())
  const seedFile = path.join(folder, 'seed.yaml')
  // JSON is YAML. STS listens where there are roles, be it none.
  await writeFile(seedFile, JSON.stringify({ ...seedOfMany(resources), roles: [] }))
  const simulator = opened.use(await SimulatorProcess.start(seedFile, ['--latency-ms', String(latencyMs)]))
  const wire = opened.use(await Wire.open(plane.url))
  const kubeconfigPath = path.join(folder, 'kubeconfig')
  await writeFile(kubeconfigPath, (await plane.kubeconfig(USER.name)).replace(plane.url, wire.url), { mode: 0o600 })
  const { request } = plane
  const world = new SoakWorld({ request, simulator, resources, wire })
  progress.update(`creating ${resources} ExternalSecrets`)
  await world.populate()
  const operator = opened.use(
    await OperatorProcess.start({
      bundle,
      kubeconfigPath,
      caFile: simulator.caFile,
      kmsEndpoint: simulator.endpoint,
      args: [
        `--sts-endpoint=${new URL(simulator.ready.sts ?? '').host}`,
        `--polling-interval=${intervalMs}ms`,
        `--lease-duration=${LEASE}`,
      ],
      nodeArgs: [INSPECTABLE, ...REPORTS_TURNS, ...nodeArgs],
    }),
  )
  await operator.leading()
  progress.done(`control plane, simulator and ${resources} ExternalSecrets`)
  const all = opened.move()
  return { world, operator, simulator, request, [Symbol.asyncDispose]: () => all.disposeAsync() }
}
