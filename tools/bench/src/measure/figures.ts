import type { RequestCounts } from '@ack-secret-manager/testenv'
import type { Percentiles } from './percentiles.ts'

/** From the start of the operator until the last resource is Ready. */
export interface FirstSyncFigures {
  /** From the start of the operator until it leads: caches are filled, the Lease is acquired. */
  readonly startSeconds: number
  /** From then until the last Secret is written. Statuses and events follow. */
  readonly secretsSeconds: number
  /** From the same time until the last resource is Ready; compared with the loader. */
  readonly seconds: number
  /** `seconds` divided by those of the loader. */
  readonly ratio: number
  /** API requests by verb and resource, until the writes ended. */
  readonly requests: RequestCounts
  /** Writes without events, Leases and the digest key. */
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
  /** One for each secret is expected, plus or minus those at the ends of the interval. */
  readonly kmsCalls: number
  /** API requests, without renewals of the Lease and watches. */
  readonly requests: RequestCounts
  readonly cpuSeconds: number
  readonly eventLoopDelayP99Ms: number
}

/** A change of all values at once. */
export interface ChangeFigures {
  /** From the change to the event of the written Secret in a watch. */
  readonly delayMs: Percentiles
  readonly secretsWritten: number
  /** Number of Secrets that were written more than once. */
  readonly writtenTwice: number
  readonly requests: RequestCounts
  readonly kmsCalls: number
  readonly cpuSeconds: number
  readonly eventLoopDelayP99Ms: number
}

/** KMS responds with 503 for a while, and all values change meanwhile. */
export interface OutageFigures {
  readonly seconds: number
  /** Number of calls with the response 503. */
  readonly callsMeanwhile: number
  readonly callsAfter: number
  /** From the end of the outage to the written Secret. */
  readonly delayMs: Percentiles
}
