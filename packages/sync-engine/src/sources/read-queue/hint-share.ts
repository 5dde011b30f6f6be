import type { AimdTokenBucket } from './rate-limit.ts'

/** Maximum part of the current rate of a quota for reads that hints trigger, so that a flood of messages cannot stop due reads. */
const SHARE = 0.5
/** Reads that may begin at once after a pause, as time at the rate of the share. */
const BURST_MS = 1_000

/** Spreads the reads that hints request, for each rate limit. */
export class HintShare {
  /** When all reads that were reserved have begun, at the rate of the share. */
  readonly #fullUntilMs = new WeakMap<AimdTokenBucket, number>()

  /** @returns when a read of `item` may begin */
  reserve(
    { quotaQueue }: { readonly quotaQueue: { readonly bucket: AimdTokenBucket } | undefined },
    nowMs: number,
  ): number {
    if (quotaQueue === undefined) return nowMs
    const { bucket } = quotaQueue
    const everyMs = 1_000 / (bucket.perSecond(nowMs) * SHARE)
    const fullMs = Math.max(this.#fullUntilMs.get(bucket) ?? nowMs, nowMs)
    this.#fullUntilMs.set(bucket, fullMs + everyMs)
    return Math.max(nowMs, fullMs + everyMs - Math.max(BURST_MS, everyMs))
  }
}
