import { fullJitter, type RotationFacts, type SecretSyncError } from '@ack-secret-manager/core'

/** Part of the interval in which refreshes are spread. */
const JITTER = 0.2
/** A planned rotation needs a moment, and its date is that of another clock. */
const ROTATION_PAUSE_MS = 5_000
/** Upper bound for `Retry-After`. */
const MAX_RETRY_AFTER_MS = 300_000
const BACKOFF = { baseMs: 1_000, maxMs: 60_000 }

interface Timing {
  readonly intervalMs: number
  /** A number in [0, 1). */
  readonly random: () => number
}

/**
 * Pause after a successful read: the interval with jitter, or less if the secret rotates before. While a planned rotation is overdue,
 * the pauses grow from five seconds.
 */
export function refreshDelayMs(rotation: RotationFacts | undefined, nowMs: number, timing: Timing): number {
  const { intervalMs, random } = timing
  const regularMs = intervalMs * (1 - JITTER * random())
  const nextMs = rotation?.nextMs
  // NaN of a backend would be a timer without a pause.
  if (nextMs === undefined || !Number.isFinite(nextMs)) return regularMs
  const untilRotationMs = nextMs - nowMs
  // Overdue for t: the next read is after another t, so an hour of delay costs about ten reads.
  const pauseMs = ROTATION_PAUSE_MS * (1 + random())
  const extraMs = untilRotationMs > 0 ? untilRotationMs + pauseMs : Math.max(pauseMs, -untilRotationMs)
  return Math.min(regularMs, extraMs)
}

/** Pause after the `count`-th failed read in a row. */
export function retryDelayMs(error: SecretSyncError, count: number, { intervalMs, random }: Timing): number {
  const pauseMs = fullJitter(count - 1, { ...BACKOFF, maxMs: Math.min(BACKOFF.maxMs, intervalMs) }, random)
  // `||`, because a backend may compute NaN.
  return Math.max(pauseMs, Math.min(error.facts.retryAfterMs || 0, MAX_RETRY_AFTER_MS))
}
