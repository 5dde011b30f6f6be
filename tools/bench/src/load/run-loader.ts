import { fileURLToPath } from 'node:url'
import type { ControlPlane, Progress } from '@ack-secret-manager/control-plane'
import { cpuSecondsOfAll, Program } from '@ack-secret-manager/testenv'
import { createExternalSecrets, LOADER_USER } from '../bench-cluster.ts'
import type { LoaderFigures, LoaderJob, LoaderResult } from './loader-job.ts'

const SCRIPT = fileURLToPath(new URL('./loader.ts', import.meta.url))
const CONCURRENCIES = [8, 16, 32, 64]
/** Number of resources in the sample of each concurrency. */
const MAX_SAMPLE = 500
const DEADLINE_MS = 1_800_000

/** Runs the bare loader on as many resources as the operator will get. They stay. */
export async function runLoader(plane: ControlPlane, resources: number, progress: Progress): Promise<LoaderFigures> {
  const sampleSize = Math.min(resources, MAX_SAMPLE)
  const job: LoaderJob = {
    kubeconfigPath: plane.kubeconfigPathOf(LOADER_USER),
    namespace: 'bench-loader',
    sampleNamespace: 'bench-samples',
    sampleSize,
    concurrencies: CONCURRENCIES,
  }
  progress.stage(
    `creating ${resources} ExternalSecrets for the loader, and ${sampleSize * CONCURRENCIES.length} to try it`,
  )
  await createExternalSecrets(plane.request, job.namespace, { resources, secrets: resources })
  const samples = sampleSize * CONCURRENCIES.length
  await createExternalSecrets(plane.request, job.sampleNamespace, { resources: samples, secrets: samples })

  progress.stage('running the loader')
  const serverBefore = await cpuSecondsOfAll(plane.pids())
  const result = await load(job)
  // Includes the samples, which need the same work per resource.
  const serverCpu = (await cpuSecondsOfAll(plane.pids())) - serverBefore
  const { concurrency, seconds, cpuSeconds } = result
  const serverCpuSeconds = (serverCpu * resources) / (resources + samples)
  return { samples: result.samples, concurrency, seconds, cpuSeconds, serverCpuSeconds }
}

async function load(job: LoaderJob): Promise<LoaderResult> {
  await using program = Program.start({
    name: 'loader',
    script: SCRIPT,
    nodeArgs: ['--conditions=@ack-secret-manager/source'],
    args: [JSON.stringify(job)],
  })
  // Awaited here: it ends with this scope.
  return await program.line(
    (line) => (line.startsWith('{') ? (JSON.parse(line) as LoaderResult) : undefined),
    DEADLINE_MS,
  )
}
