import type { ContenderName } from '../contenders/contenders.ts'
import type { RunRecord } from './comparison.ts'

/** A run with figures of its own, for tests. @param cost factor of all costs */
export function exampleRun(contender: ContenderName, cost: number = 1, changes: Partial<RunRecord> = {}): RunRecord {
  const { resources = 1_000 } = changes
  const secrets = { seconds: 10 * cost, medianSeconds: 5 * cost, done: resources, of: resources }
  const used = {
    requests: { 'create secrets': resources },
    kmsCalls: resources,
    cpuSeconds: cost,
    serverCpuSeconds: 2 * cost,
  }
  return {
    contender,
    resources,
    users: 1,
    run: 1,
    at: '2026-12-01T10:00Z',
    commit: 'aaaaaaaa',
    intervalMs: 30_000,
    latencyMs: 5,
    flags: [],
    load: [0.5, 1.5],
    machine: { cpus: 4, memoryGiB: 16, system: 'linux x64', node: 'v24.0.0' },
    firstSync: { secrets, ...used },
    quiet: { seconds: 60, ...used, kmsCalls: 2 * resources, rssMiB: 100 * cost },
    change: { secrets, ...used },
    outage: { seconds: 35, kmsCalls: 60, damaged: 0, secrets, peakRssMiB: 120 * cost },
    restart: {
      seconds: 4 * cost,
      done: resources,
      of: resources,
      writes: 0,
      receivedBytes: 3_200_000,
      peakRssMiB: 90,
      ...used,
    },
    ...changes,
  }
}
