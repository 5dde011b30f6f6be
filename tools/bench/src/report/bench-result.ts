import type { LoaderFigures } from '../load/loader-job.ts'
import type { ChangeFigures, FirstSyncFigures, OutageFigures, QuietFigures } from '../measure/figures.ts'

/** All figures of one run. */
export interface BenchResult {
  readonly resources: number
  readonly secrets: number
  readonly intervalMs: number
  readonly latencyMs: number
  readonly machine: { readonly cpus: number; readonly node: string; readonly loadAverage: number }
  readonly loader: LoaderFigures
  readonly firstSync: FirstSyncFigures
  readonly quiet: QuietFigures
  readonly change: ChangeFigures
  readonly outage: OutageFigures
  readonly memory: { readonly peakRssMiB: number; readonly quietRssMiB: number }
}
