import type { ControlPlane, Progress } from '@ack-secret-manager/control-plane'
import { cpuSecondsOfAll } from '@ack-secret-manager/testenv'
import { runLoader } from '../../load/run-loader.ts'
import type { Scenarios } from '../record/comparison.ts'

/** The bare loader, and the CPU time of an API server that serves no operator. */
export async function measureLoader(
  plane: ControlPlane,
  { resources, quietMs }: { readonly resources: number; readonly quietMs: number },
  progress: Progress,
): Promise<Scenarios> {
  const { seconds, cpuSeconds, serverCpuSeconds } = await runLoader(plane, resources, progress)
  progress.stage(`API server alone for ${quietMs / 1_000} s`)
  const before = await cpuSecondsOfAll(plane.pids())
  await new Promise((resolve) => setTimeout(resolve, quietMs))
  const alone = (await cpuSecondsOfAll(plane.pids())) - before
  const none = { requests: {}, kmsCalls: 0, cpuSeconds: 0 }
  return {
    firstSync: {
      secrets: { seconds, medianSeconds: seconds / 2, done: resources, of: resources },
      readySeconds: seconds,
      requests: {
        'create secrets': resources,
        'patch externalsecrets/status': resources,
      },
      kmsCalls: 0,
      cpuSeconds,
      serverCpuSeconds,
    },
    quiet: { seconds: quietMs / 1_000, ...none, serverCpuSeconds: alone },
  }
}
