import { metricValue, type OperatorProcess, type SimulatorProcess, usageOf } from '@ack-secret-manager/testenv'
import { Inspector } from './inspector.ts'

/** Resource usage and activity of the operator while nothing changes. */
export interface SoakStats {
  readonly heapMiB: number
  readonly externalMiB: number
  readonly rssMiB: number
  readonly peakRssMiB: number
  readonly openFiles: number
  readonly sockets: number
  readonly timers: number
  readonly delayP50Ms: number
  readonly delayP99Ms: number
  readonly kmsCallsPerSecond: number
  readonly sources: number
  readonly resources: number
  readonly queueDepth: number
}

/** The part of {@link SoakStats} from the metrics page: changes since the previous scrape. */
export type PageStats = Omit<SoakStats, 'heapMiB' | 'externalMiB' | 'peakRssMiB' | 'kmsCallsPerSecond'>

const MIB = 1024 * 1024
/** The sampler of prom-client fires every 10 ms, so this much is not a delay. */
const SAMPLER_MS = 10
const PAGE_DEADLINE_MS = 60_000
/** During one rest. */
const LOOKS = 10

/** Scrapes the page; a busy machine may respond late. */
export function pageOf(operator: OperatorProcess): Promise<string> {
  return operator.metrics(PAGE_DEADLINE_MS)
}

/** Parses a metrics page. */
export function pageStatsOf(page: string): PageStats {
  const own = (name: string): number => metricValue(page, name)
  const active = (type: string): number => own(`nodejs_active_resources{type="${type}"}`) || 0
  const delayMs = (which: string): number =>
    Math.max(0, own(`nodejs_eventloop_lag_${which}_seconds`) * 1_000 - SAMPLER_MS)
  return {
    rssMiB: own('process_resident_memory_bytes') / MIB,
    openFiles: own('process_open_fds'),
    sockets: active('TCPSocketWrap'),
    timers: active('Timeout'),
    delayP50Ms: delayMs('p50'),
    delayP99Ms: delayMs('p99'),
    sources: metricValue(page, 'acksm_sources'),
    resources: sumOf(page, 'acksm_resources', (labels) => labels.includes('kind="ExternalSecret"')),
    queueDepth: metricValue(page, 'acksm_queue_depth'),
  }
}

/** Requests without renewals of the Lease and without watches. */
export function workRequestsOf(page: string): number {
  return sumOf(
    page,
    'acksm_kube_requests_total',
    (labels) => !labels.includes('verb="watch"') && !labels.includes('resource="leases"'),
  )
}

function sumOf(page: string, name: string, isMeant: (labels: string) => boolean): number {
  let sum = 0
  for (const [, labels = '', value] of page.matchAll(new RegExp(`^${name}\\{(.*)\\} (\\S+)$`, 'gm'))) {
    if (isMeant(labels)) sum += Number(value)
  }
  return sum
}

/** Observes the operator at rest for this time, then collects garbage and measures. */
export async function measureAtRest(
  operator: OperatorProcess,
  simulator: SimulatorProcess,
  { restMs, snapshotFile }: { readonly restMs: number; readonly snapshotFile?: string | undefined },
): Promise<SoakStats> {
  // Delays cover the time between two scrapes.
  await pageOf(operator)
  const before = await callsOf(simulator)
  const startedMs = performance.now()
  const pages: PageStats[] = []
  for (let look = 0; look < LOOKS; look += 1) {
    await new Promise((resolve) => setTimeout(resolve, restMs / LOOKS))
    pages.push(pageStatsOf(await pageOf(operator)))
  }
  const after = await callsOf(simulator)
  const seconds = (performance.now() - startedMs) / 1_000
  await using inspector = await Inspector.attach(operator.program)
  const { heapUsedBytes, externalBytes } = await inspector.memoryInUse()
  const { rssMiB, peakRssMiB } = await usageOf(operator.program.pid)
  if (snapshotFile !== undefined) await inspector.writeSnapshot(snapshotFile)
  return {
    ...leastOf(pages),
    heapMiB: heapUsedBytes / MIB,
    externalMiB: externalBytes / MIB,
    rssMiB,
    peakRssMiB,
    kmsCallsPerSecond: (after - before) / seconds,
  }
}

/** Maximum of each figure. */
export function mostOf(pages: readonly PageStats[]): PageStats {
  return fold(pages, Math.max)
}

/** Minimum of each figure: a running read has timers and sockets, which are not leaks. */
function leastOf(pages: readonly PageStats[]): PageStats {
  return fold(pages, Math.min)
}

function fold([first, ...others]: readonly PageStats[], choose: (a: number, b: number) => number): PageStats {
  if (!first) throw new RangeError('no page was looked at')
  const figures: Record<keyof PageStats, number> = { ...first }
  for (const other of others) {
    for (const name of Object.keys(figures) as (keyof PageStats)[]) figures[name] = choose(figures[name], other[name])
  }
  return figures
}

async function callsOf(simulator: SimulatorProcess): Promise<number> {
  return ((await simulator.control('GET', '/calls?groupBy=action')) as { total: number }).total
}
