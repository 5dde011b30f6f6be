import { mkdtempDisposable } from 'node:fs/promises'
import { availableParallelism, loadavg, tmpdir } from 'node:os'
import path from 'node:path'
import type { ControlPlane, Progress } from '@ack-secret-manager/control-plane'
import { KubeClient } from '@ack-secret-manager/k8s-client'
import { OperatorProcess, seedOfMany, SimulatorProcess, usageOf } from '@ack-secret-manager/testenv'
import { createExternalSecrets, createStore, OPERATOR_USER, startBenchCluster } from './bench-cluster.ts'
import type { BenchOptions } from './bench-options.ts'
import type { BenchResult } from './report/bench-result.ts'
import { measureChange } from './measure/measure-change.ts'
import { measureFirstSync, type Setting, type Started } from './measure/measure-first-sync.ts'
import { measureOutage } from './measure/measure-outage.ts'
import { measureQuiet } from './measure/measure-idle.ts'
import { measuredOperator, Meter } from './measure/meter.ts'
import { type ProfileSummary, readProfile } from './measure/read-profile.ts'
import type { LoaderFigures } from './load/loader-job.ts'
import { runLoader } from './load/run-loader.ts'
import type { FirstSyncFigures } from './measure/figures.ts'
import { watchReady, watchWrites } from './measure/watches.ts'
import { UnfinishedRunError } from './unfinished-run-error.ts'

/** One run of the bench: its size and the rest of the options. */
export interface BenchRun extends Omit<BenchOptions, 'resources' | 'secrets'> {
  readonly resources: number
  readonly secrets: number
  /** Ends `keep`. */
  readonly signal: AbortSignal
}

const NAMESPACE = 'bench'

/** Takes all measurements, one after the other, on a separate control plane. */
export async function runBench(run: BenchRun, progress: Progress): Promise<BenchResult> {
  const loader = await measureLoader(run.resources, progress)
  return withParts(run, progress, async (plane, simulator) => {
    const { resources, secrets, intervalMs, latencyMs } = run
    const loadAverage = loadavg()[0] ?? 0
    await prepare(plane, run, progress)
    await using admin = await KubeClient.fromKubeConfig({ kubeconfigPath: plane.kubeconfigPath })
    const setting = { simulator, admin, namespace: NAMESPACE, resources, secrets, intervalMs, progress }
    await using started = await startOperator(plane, setting)
    const figures = await Promise.race([measureAll(setting, started), endOf(started.operator)])
    const ratio = figures.firstSync.seconds / loader.seconds
    return {
      resources,
      secrets,
      intervalMs,
      latencyMs,
      machine: { cpus: availableParallelism(), node: process.version, loadAverage },
      loader,
      ...figures,
      firstSync: { ...figures.firstSync, ratio },
    }
  })
}

/** Rejects when the operator ends by itself. */
async function endOf({ program }: OperatorProcess): Promise<never> {
  const code = await program.exited
  throw new UnfinishedRunError(`the operator ended (${code}): ${program.latest}`)
}

type Figures = Pick<BenchResult, 'quiet' | 'change' | 'outage' | 'memory'> & {
  readonly firstSync: Omit<FirstSyncFigures, 'ratio'>
}

async function measureAll(setting: Setting, started: Started): Promise<Figures> {
  const { operator, meter } = started
  const firstSync = await measureFirstSync(setting, started)
  // Of a large run, each figure is worth something without the rest.
  setting.progress.note(
    `first sync ${firstSync.seconds.toFixed(2)} s, last Secret ${firstSync.secretsSeconds.toFixed(2)} s`,
  )
  await started.ready[Symbol.asyncDispose]()
  await started.written[Symbol.asyncDispose]()
  const quiet = await measureQuiet(setting, meter)
  const { rssMiB } = await usageOf(operator.program.pid)
  const change = await measureChange(setting, meter)
  setting.progress.note(`all values changed, last Secret ${(change.delayMs.max / 1_000).toFixed(2)} s`)
  const outage = await measureOutage(setting, meter)
  const { peakRssMiB } = await usageOf(operator.program.pid)
  return { firstSync, quiet, change, outage, memory: { peakRssMiB, quietRssMiB: rssMiB } }
}

/** Runs the bare loader on a control plane of its own. */
async function measureLoader(resources: number, progress: Progress): Promise<LoaderFigures> {
  await using plane = await startBenchCluster()
  return await runLoader(plane, resources, progress)
}

/** Profiles the first sync. */
export async function profileFirstSync(run: BenchRun, progress: Progress): Promise<ProfileSummary> {
  await using temporary = await mkdtempDisposable(path.join(tmpdir(), 'acksm-profile-'))
  const { path: folder } = temporary
  return await withParts(run, progress, async (plane, simulator) => {
    await prepare(plane, run, progress)
    await using admin = await KubeClient.fromKubeConfig({ kubeconfigPath: plane.kubeconfigPath })
    const setting = { ...run, simulator, admin, namespace: NAMESPACE, progress }
    const nodeArgs = ['--cpu-prof', `--cpu-prof-dir=${folder}`, '--cpu-prof-interval=500']
    await using started = await startOperator(plane, setting, nodeArgs)
    await measureFirstSync(setting, started)
    await started.operator.stop()
    return readProfile(folder)
  })
}

/** Runs `work` between the start of control plane and simulator and their end. */
async function withParts<T>(
  run: BenchRun,
  progress: Progress,
  work: (plane: ControlPlane, simulator: SimulatorProcess) => Promise<T>,
): Promise<T> {
  progress.stage(`starting control plane and simulator for ${run.resources} resources on ${run.secrets} secrets`)
  await using plane = await startBenchCluster()
  const latency = ['--latency-ms', String(run.latencyMs)]
  await using simulator = await SimulatorProcess.start(seedOfMany(run.secrets), latency)
  const result = await work(plane, simulator)
  progress.close()
  if (run.keep) await kept(plane, run.signal, progress)
  return result
}

async function prepare(plane: ControlPlane, { resources, secrets }: BenchRun, progress: Progress): Promise<void> {
  progress.stage(`creating ${resources} ExternalSecrets`)
  await createExternalSecrets(plane.request, NAMESPACE, { resources, secrets })
  await createStore(plane.request, NAMESPACE)
}

/** Starts the operator and a watch that observes it. */
async function startOperator(
  plane: ControlPlane,
  { simulator, admin, namespace, resources, intervalMs, progress }: Setting,
  nodeArgs: readonly string[] = [],
): Promise<Started & AsyncDisposable> {
  const ready = await watchReady(admin, namespace, resources)
  const written = await watchWrites(admin, namespace, resources, 'added')
  progress.stage('starting the operator')
  const startedMs = Date.now()
  const start = () =>
    OperatorProcess.start({
      bundle: true,
      kubeconfigPath: plane.kubeconfigPathOf(OPERATOR_USER),
      caFile: simulator.caFile,
      kmsEndpoint: simulator.endpoint,
      args: ['--polling-interval', `${intervalMs}ms`, '--kms-qps', '0'],
      nodeArgs,
    })
  const { started: operator, meter } = await Meter.start({ simulator, plane }, start, measuredOperator)
  const end = async (): Promise<void> => {
    await operator.stop()
    await ready[Symbol.asyncDispose]()
    await written[Symbol.asyncDispose]()
  }
  return { operator, startedMs, ready, written, meter, [Symbol.asyncDispose]: end }
}

async function kept(plane: ControlPlane, signal: AbortSignal, progress: Progress): Promise<void> {
  progress.note(`keeping the control plane until Ctrl-C: KUBECONFIG=${plane.kubeconfigPath}`)
  if (signal.aborted) return
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}
