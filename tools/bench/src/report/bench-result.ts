import type { RequestCounts } from '@ack-secret-manager/testenv'
import type { LoaderSample } from '../load/loader-job.ts'
import type { Percentiles } from '../measure/percentiles.ts'

/** The bare loader, on as many resources as the operator. */
export interface LoaderFigures {
  readonly samples: readonly LoaderSample[]
  readonly concurrency: number
  readonly seconds: number
  readonly cpuSeconds: number
  /** CPU time of API server and etcd meanwhile. */
  readonly serverCpuSeconds: number
}

/** From the start of the operator to the last resource that is Ready. */
export interface FirstSyncFigures {
  /** From the operator's start until it leads: caches filled, lease taken. */
  readonly startSeconds: number
  /** From there to the last resource that is Ready; the figure that is compared with the loader. */
  readonly seconds: number
  /** `seconds` by the loader's. */
  readonly ratio: number
  /** API requests by verb and resource, until nothing more was written. */
  readonly requests: RequestCounts
  /** Writes besides events, leases and the digest key. */
  readonly writesPerResource: number
  readonly kmsCalls: number
  readonly cpuSeconds: number
  readonly serverCpuSeconds: number
  readonly simulatorCpuSeconds: number
  readonly eventLoopDelayP99Ms: number
}

/** One interval in which no value changes. */
export interface QuietFigures {
  readonly seconds: number
  /** One for each secret is expected, ± those at the edges. */
  readonly kmsCalls: number
  /** API requests, without renewals of the Lease and watches. */
  readonly requests: RequestCounts
  readonly cpuSeconds: number
  readonly eventLoopDelayP99Ms: number
}

/** All values changed at once. */
export interface ChangeFigures {
  /** From the change to the written Secret, as a watch shows it. */
  readonly delayMs: Percentiles
  readonly secretsWritten: number
  /** Secrets that were written more than once. */
  readonly writtenTwice: number
  readonly requests: RequestCounts
  readonly kmsCalls: number
  readonly cpuSeconds: number
  readonly eventLoopDelayP99Ms: number
}

/** KMS answers 503 for a while, and all values are others when it is back. */
export interface OutageFigures {
  readonly seconds: number
  /** Calls that got 503. */
  readonly callsMeanwhile: number
  readonly callsAfter: number
  /** From the end of the outage to the written Secret. */
  readonly delayMs: Percentiles
}

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
