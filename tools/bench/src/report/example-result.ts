import type { BenchResult } from './bench-result.ts'

/** Figures that meet every goal, for tests. */
export function exampleResult(resources: number = 1_000): BenchResult {
  const requests = {
    'create secrets': resources + 1,
    'patch externalsecrets/status': resources,
    'create events': resources,
  }
  return {
    resources,
    secrets: resources,
    intervalMs: 60_000,
    latencyMs: 5,
    machine: { cpus: 4, node: 'v24.0.0', loadAverage: 0.5 },
    loader: {
      samples: [
        { concurrency: 8, perSecond: 200 },
        { concurrency: 16, perSecond: 250 },
      ],
      concurrency: 16,
      seconds: resources / 250,
      cpuSeconds: resources / 1_000,
      serverCpuSeconds: resources / 200,
    },
    firstSync: {
      startSeconds: 0.8,
      secretsSeconds: resources / 900,
      seconds: resources / 230,
      ratio: 250 / 230,
      requests,
      writesPerResource: 2 + 2 / resources,
      kmsCalls: resources,
      cpuSeconds: resources / 400,
      serverCpuSeconds: resources / 180,
      simulatorCpuSeconds: resources / 1_000,
      eventLoopDelayP99Ms: 12,
    },
    quiet: { seconds: 60, kmsCalls: resources, requests: {}, cpuSeconds: resources / 1_000, eventLoopDelayP99Ms: 1 },
    change: {
      delayMs: { p50: 30_000, p99: 59_500, max: 60_010 },
      secretsWritten: resources,
      writtenTwice: 0,
      requests: { 'patch secrets': resources, 'patch externalsecrets/status': resources, 'create events': resources },
      kmsCalls: resources,
      cpuSeconds: resources / 400,
      eventLoopDelayP99Ms: 5,
    },
    outage: {
      seconds: 35,
      callsMeanwhile: 60,
      callsAfter: resources,
      delayMs: { p50: 3_000, p99: 4_000, max: 4_100 },
    },
    memory: { peakRssMiB: 140, quietRssMiB: 130 },
  }
}
