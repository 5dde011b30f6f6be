import type { BenchResult } from './bench-result.ts'
import type { ProfileSummary, SelfTime } from '../measure/cpu-profile.ts'
import { flatness, goalsOf } from './goals.ts'
import { renderTable, type Row } from '@ack-secret-manager/testenv'

const seconds = (value: number): string => `${value.toFixed(2)} s`
const perSecond = (count: number, time: number): string => `${(count / time).toFixed(0)}/s`
const counts = (requests: Readonly<Record<string, number>>): string =>
  Object.entries(requests)
    .map(([what, count]) => `${count} ${what}`)
    .join(', ') || 'none'

/** One run as a readable table. */
export function renderResult(result: BenchResult): string {
  const { resources, secrets, intervalMs, latencyMs, machine } = result
  const title = `${resources} ExternalSecrets on ${secrets} secrets, interval ${intervalMs / 1_000} s, KMS latency ${latencyMs} ms`
  const where = `${machine.cpus} CPUs, Node ${machine.node}, load average before ${machine.loadAverage.toFixed(1)}`
  const rows = [...syncRows(result), ...steadyRows(result)]
  const goals = goalsOf(result).map(({ what, measured, wanted, met }): Row => [
    what,
    measured,
    wanted,
    met ? 'met' : 'MISSED',
  ])
  return [
    title,
    where,
    '',
    renderTable(rows),
    '',
    renderTable([['goal', 'measured', 'wanted', ''], ...goals], true),
  ].join('\n')
}

function syncRows({ loader, firstSync, resources }: BenchResult): Row[] {
  const samples = loader.samples.map(({ concurrency, perSecond: rate }) => `${concurrency}: ${rate.toFixed(0)}/s`)
  return [
    ['bare loader', seconds(loader.seconds), `${perSecond(resources, loader.seconds)}, ${loader.concurrency} at once`],
    ['', '', `tried ${samples.join(', ')}`],
    ['  CPU', seconds(loader.cpuSeconds), `and ${seconds(loader.serverCpuSeconds)} of API server and etcd`],
    ['start until leading', seconds(firstSync.startSeconds), ''],
    [
      'first sync',
      seconds(firstSync.seconds),
      `${perSecond(resources, firstSync.seconds)}, ${firstSync.ratio.toFixed(2)} × loader`,
    ],
    ['  last Secret', seconds(firstSync.secretsSeconds), perSecond(resources, firstSync.secretsSeconds)],
    [
      '  CPU',
      seconds(firstSync.cpuSeconds),
      `with start; and ${seconds(firstSync.serverCpuSeconds)} of API server and etcd, ${seconds(firstSync.simulatorCpuSeconds)} of KMS`,
    ],
    ['  API requests', String(total(firstSync.requests)), counts(firstSync.requests)],
    ['  KMS calls', String(firstSync.kmsCalls), ''],
    ['  event-loop delay p99', `${firstSync.eventLoopDelayP99Ms.toFixed(1)} ms`, ''],
  ]
}

function steadyRows({ quiet, change, outage, memory, secrets }: BenchResult): Row[] {
  const { p50, p99, max } = change.delayMs
  return [
    ['quiet interval', seconds(quiet.seconds), ''],
    ['  KMS calls', String(quiet.kmsCalls), `${secrets} secrets`],
    ['  API requests', String(total(quiet.requests)), counts(quiet.requests)],
    ['  CPU', seconds(quiet.cpuSeconds), `${((quiet.cpuSeconds / quiet.seconds) * 100).toFixed(2)} % of one`],
    ['  event-loop delay p99', `${quiet.eventLoopDelayP99Ms.toFixed(1)} ms`, ''],
    [
      'all values changed',
      seconds(p99 / 1_000),
      `p99 to the Secret; p50 ${seconds(p50 / 1_000)}, max ${seconds(max / 1_000)}`,
    ],
    ['  Secrets written', String(change.secretsWritten), `${change.writtenTwice} of them twice`],
    ['  API requests', String(total(change.requests)), counts(change.requests)],
    ['  CPU', seconds(change.cpuSeconds), ''],
    ['  event-loop delay p99', `${change.eventLoopDelayP99Ms.toFixed(1)} ms`, ''],
    [
      `outage of ${outage.seconds} s`,
      seconds(outage.delayMs.max / 1_000),
      `to the last Secret after its end; p50 ${seconds(outage.delayMs.p50 / 1_000)}`,
    ],
    ['  KMS calls', String(outage.callsMeanwhile), `meanwhile, and ${outage.callsAfter} after it`],
    [
      'peak RSS',
      `${memory.peakRssMiB.toFixed(0)} MiB`,
      `${memory.quietRssMiB.toFixed(0)} MiB after the quiet interval`,
    ],
  ]
}

/** The cost per resource in runs of different sizes; empty for one size. */
export function renderFlatness(results: readonly BenchResult[]): string {
  const rows = flatness(results).map(({ what, measured, wanted, met }): Row => [
    what,
    measured,
    wanted,
    met ? 'met' : 'MISSED',
  ])
  return rows.length === 0 ? '' : renderTable([['cost', 'measured', 'wanted', ''], ...rows], true)
}

/** The largest costs of a profile. */
export function renderProfile({ busySeconds, functions, modules }: ProfileSummary, rows: number = 3): string {
  const row = ({ what, seconds: time, share }: SelfTime): Row => [what, seconds(time), `${(share * 100).toFixed(1)} %`]
  return [
    `first sync under the profiler: ${seconds(busySeconds)} busy, largest self times`,
    '',
    renderTable([['function', 'self', 'share'], ...functions.slice(0, rows).map(row)], true),
    '',
    renderTable([['module', 'self', 'share'], ...modules.slice(0, rows).map(row)], true),
  ].join('\n')
}

function total(requests: Readonly<Record<string, number>>): number {
  return Object.values(requests).reduce((sum, count) => sum + count, 0)
}
