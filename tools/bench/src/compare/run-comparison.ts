import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { loadavg } from 'node:os'
import { pipeline } from 'node:stream/promises'
import type { ControlPlane, Progress } from '@ack-secret-manager/control-plane'
import { KubeClient } from '@ack-secret-manager/k8s-client'
import { seedOfMany, SimulatorProcess, upstreamCrds } from '@ack-secret-manager/testenv'
import { createExternalSecrets, createStore, OPERATOR_USER, startBenchCluster } from '../bench-cluster.ts'
import type { CompareOptions } from './compare-options.ts'
import { createGoPod } from './contenders/go-operator.ts'
import { startContender } from './contenders/start-contender.ts'
import { measureLoader } from './measure/measure-loader.ts'
import { type Measurement, measureOperator } from './measure/measure-contender.ts'
import { SecretValues } from './measure/secret-values.ts'
import { binaryOf, type PlannedRun } from './plan-runs.ts'
import type { GoBuild, RunRecord } from './record/comparison.ts'
import { thisMachine } from './record/this-machine.ts'

const NAMESPACE = 'bench'

/** Makes one run on a control plane of its own. */
export async function makeRun(
  planned: PlannedRun,
  options: CompareOptions,
  { commit, progress }: { readonly commit: string; readonly progress: Progress },
): Promise<RunRecord> {
  const { contender, resources, users, run } = planned
  const { intervalMs, latencyMs } = options
  const at = `${new Date().toISOString().slice(0, 16)}Z`
  const [before = 0] = loadavg()
  progress.stage(`${contender.title}: starting a control plane for ${resources} resources`)
  await using plane = await startBenchCluster(contender.kind === 'go' ? upstreamCrds('v0.5') : undefined)
  const { go, ...scenarios }: Measurement =
    contender.kind === 'loader'
      ? await measureLoader(plane, { resources, quietMs: options.quietMs }, progress)
      : await runOperator(planned, options, { plane, progress })
  const [after = 0] = loadavg()
  return {
    contender: contender.name,
    resources,
    users,
    run,
    at,
    commit,
    intervalMs,
    latencyMs,
    flags: contender.flags,
    load: [before, after],
    machine: thisMachine(),
    ...(go === undefined ? {} : { go: await buildOf(planned, options, go) }),
    ...scenarios,
  }
}

async function runOperator(
  { contender, resources, users }: PlannedRun,
  { binaries, intervalMs, latencyMs, quietMs, outageMs, deadlineMs }: CompareOptions,
  { plane, progress }: { readonly plane: ControlPlane; readonly progress: Progress },
): Promise<Measurement> {
  const secrets = Math.ceil(resources / users)
  await using simulator = await SimulatorProcess.start(seedOfMany(secrets), ['--latency-ms', String(latencyMs)])
  progress.stage(`${contender.title}: creating ${resources} ExternalSecrets`)
  await createExternalSecrets(plane.request, NAMESPACE, { resources, secrets, namespacedRefs: true })
  await createStore(plane.request, NAMESPACE, { namespacedRefs: true })
  if (contender.kind === 'go') await createGoPod(plane.request)
  await using admin = await KubeClient.fromKubeConfig({ kubeconfigPath: plane.kubeconfigPath })
  await using values = await SecretValues.open(admin, NAMESPACE, resources)
  const { caFile, endpoint: kmsEndpoint } = simulator
  return await measureOperator(
    {
      title: contender.title,
      plane,
      simulator,
      admin,
      user: OPERATOR_USER,
      namespace: NAMESPACE,
      resources,
      secrets,
      users,
      writesStatus: contender.kind === 'ours',
      quietMs,
      outageMs,
      deadlineMs,
      progress,
      start: (kubeconfigPath) =>
        startContender(contender, { kubeconfigPath, caFile, kmsEndpoint, intervalMs, binaries }),
    },
    values,
  )
}

async function buildOf({ contender }: PlannedRun, { binaries, goNote }: CompareOptions, go: string): Promise<GoBuild> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(binaries[binaryOf(contender.name)] ?? ''), hash)
  return { go, sha256: hash.digest('hex'), ...(goNote === undefined ? {} : { note: goNote }) }
}
