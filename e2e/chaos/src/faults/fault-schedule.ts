import type { ProxyFault } from '@ack-secret-manager/test-support/fault-proxy'
import { Random } from '@ack-secret-manager/testenv'
import { type ClusterFault, type Service, SERVICES, type ReplicaFault, type ScheduledFault } from './fault.ts'

/** Time for the first values before the first fault. */
export const CALM_START_MS = 3_000
const MIN_GAP_MS = 400
const MAX_GAP_MS = 2_500
const MIN_FAULT_MS = 500
/** Shorter than the time after which backoff pauses become long. */
const MAX_FAULT_MS = 6_000
/** Downtime of a killed or paused replica, longer than the lease. */
const REPLICA_DOWN_MS = 10_000
const MIN_REPLICA_GAP_MS = 15_000
/** A wrong time zone, half a day, and more than the lifetime of any session or token. */
const CLOCK_JUMPS_HOURS = [1, -1, 12, -12, 49, -49] as const

/** Options of {@link createSchedule}. */
export interface ScheduleOptions {
  /** Leave out replica faults and keep all others. @default false */
  readonly oneReplica?: boolean
}

/** The faults of a run, by time. Pure: seed and duration determine the list. */
export function createSchedule(
  seed: number,
  durationMs: number,
  { oneReplica = false }: ScheduleOptions = {},
): readonly ScheduledFault[] {
  const random = new Random(seed, 'faults')
  const faults: ScheduledFault[] = []
  for (const service of SERVICES) faults.push(...proxyFaults(service, random, durationMs))
  faults.push(...replicaFaults(random, durationMs), ...clusterFaults(random, durationMs))
  faults.push(...staleServerFaults(new Random(seed, 'stale server'), durationMs))
  faults.push(...unreadRoles(new Random(seed, 'unread roles'), durationMs))
  const selected = faults.filter(({ service }) => !oneReplica || service !== 'replica')
  return selected.toSorted((a, b) => a.atMs - b.atMs || (a.service < b.service ? -1 : 1))
}

/** One line per fault. */
export function formatSchedule(schedule: readonly ScheduledFault[]): string {
  return schedule.map((fault) => `${describeFault(fault)}\n`).join('')
}

/** `12.345 s  api       reset-before, every 2nd, for 1.200 s`. */
export function describeFault({ atMs, forMs, service, fault, ...more }: ScheduledFault): string {
  const { kind, ...facts } = fault
  const parts = Object.entries(facts)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name} ${String(value)}`)
  if ('every' in more && more.every > 1) parts.push(`one in ${more.every}`)
  return `${seconds(atMs).padStart(9)}  ${service.padEnd(8)}  ${[kind, ...parts, `for ${seconds(forMs)}`].join(', ')}`
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(3)} s`
}

function proxyFaults(service: Service, random: Random, durationMs: number): ScheduledFault[] {
  const faults: ScheduledFault[] = []
  // The operator calls the API server and KMS often and the other services rarely.
  const rarer = service === 'api' || service === 'kms' ? 1 : 4
  let atMs = CALM_START_MS
  for (;;) {
    atMs += random.int(MIN_GAP_MS, MAX_GAP_MS) * rarer
    const forMs = random.int(MIN_FAULT_MS, MAX_FAULT_MS)
    if (atMs + forMs > durationMs) return faults
    const fault = proxyFault(service, random)
    // A certificate applies to all requests.
    const every = fault.kind === 'certificate' ? 1 : random.pick([1, 2, 3] as const)
    faults.push({ atMs, forMs, service, every, fault })
    atMs += forMs
  }
}

function proxyFault(service: Service, random: Random): ProxyFault {
  const common: readonly (() => ProxyFault)[] = [
    () => ({ kind: 'latency', ms: random.int(50, 2_000) }),
    () => ({ kind: 'reset-before' }),
    () => ({ kind: 'reset-mid-body' }),
    () => ({ kind: 'response-lost' }),
    () => ({ kind: 'half-open' }),
    () => ({
      kind: 'status',
      status: random.pick([429, 500, 503] as const),
      retryAfterSeconds: random.pick([undefined, 1, 2]),
    }),
    () => ({ kind: 'garbage' }),
    () => ({ kind: 'slow-loris', pauseMs: random.int(5, 50) }),
  ]
  const tls: readonly (() => ProxyFault)[] = [() => ({ kind: 'certificate', trusted: random.next() < 0.5 })]
  const watches: readonly (() => ProxyFault)[] = [
    () => ({ kind: 'watch-cut' }),
    () => ({ kind: 'watch-gone' }),
    () => ({ kind: 'watch-twice' }),
    () => ({ kind: 'watch-lag', ms: random.int(100, 3_000) }),
  ]
  const kinds = [...common, ...(service === 'metadata' ? [] : tls), ...(service === 'api' ? watches : [])]
  return random.pick(kinds)()
}

function replicaFaults(random: Random, durationMs: number): ScheduledFault[] {
  const faults: ScheduledFault[] = []
  let atMs = CALM_START_MS + random.int(2_000, 6_000)
  while (atMs + REPLICA_DOWN_MS <= durationMs) {
    const fault = random.pick<() => ReplicaFault>([
      () => ({ kind: 'kill-leader' }),
      () => ({ kind: 'stop-leader' }),
      () => ({ kind: 'pause-leader' }),
      () => ({ kind: 'stale-write' }),
      () => ({ kind: 'clock-jump', hours: random.pick(CLOCK_JUMPS_HOURS) }),
      ...[0, 1, 2].map(() => (): ReplicaFault => ({
        kind: 'kill-at-call',
        service: random.pick(['api-write', 'api-write', 'kms'] as const),
        call: random.int(1, 6),
        done: random.next() < 0.5,
      })),
    ])()
    faults.push({ atMs, forMs: REPLICA_DOWN_MS, service: 'replica', fault })
    atMs += MIN_REPLICA_GAP_MS + random.int(0, 6_000)
  }
  return faults
}

function clusterFaults(random: Random, durationMs: number): ScheduledFault[] {
  const faults: ScheduledFault[] = []
  let atMs = random.int(15_000, 40_000)
  while (atMs + MAX_FAULT_MS <= durationMs) {
    const kind = random.pick<Exclude<ClusterFault['kind'], 'stale-server' | 'roles-unread'>>([
      'restart-etcd',
      'restart-apiserver',
      'forget-history',
      'change-crd',
    ])
    faults.push({ atMs, forMs: 0, service: 'cluster', fault: { kind } })
    atMs += random.int(30_000, 60_000)
  }
  return faults
}

/** Whether a schedule needs the lagging API server. */
export function needsLaggingServer(schedule: readonly ScheduledFault[]): boolean {
  return schedule.some(({ fault }) => fault.kind === 'stale-server')
}

/** Only in every second run, because starting a second API server takes seconds of CPU. */
function staleServerFaults(random: Random, durationMs: number): ScheduledFault[] {
  const faults: ScheduledFault[] = []
  if (random.next() < 0.5) return faults
  let atMs = CALM_START_MS + random.int(1_000, 8_000)
  while (atMs + MAX_FAULT_MS <= durationMs) {
    const fault: ClusterFault = { kind: 'stale-server', lagMs: random.int(1_000, MAX_FAULT_MS) }
    const forMs = random.int(2_000, MAX_FAULT_MS)
    faults.push({ atMs, forMs, service: 'cluster', fault })
    atMs += random.int(12_000, 30_000)
  }
  return faults
}

function unreadRoles(random: Random, durationMs: number): ScheduledFault[] {
  const faults: ScheduledFault[] = []
  let atMs = CALM_START_MS + random.int(0, 15_000)
  while (atMs + MAX_FAULT_MS <= durationMs) {
    faults.push({ atMs, forMs: random.int(2_000, MAX_FAULT_MS), service: 'cluster', fault: { kind: 'roles-unread' } })
    atMs += random.int(25_000, 60_000)
  }
  return faults
}
