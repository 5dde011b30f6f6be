import { type Clock, isSecretSyncError, SecretSyncError, systemClock } from '@ack-secret-manager/core'

/** Runs a part of the work with the time that is left for it, at least 1 ms. A timeout of the part names the whole limit. */
export type WorkLimit = <T>(part: (timeoutMs: number) => Promise<T>) => Promise<T>

/** A time limit for work in several parts. The time between them does not count, because a user answers a question. */
export function workLimit(timeoutMs: number, clock: Pick<Clock, 'monotonic'> = systemClock): WorkLimit {
  let leftMs = timeoutMs
  return async (part) => {
    const startedMs = clock.monotonic()
    try {
      return await part(Math.max(1, Math.round(leftMs)))
    } catch (error) {
      throw withLimit(error, timeoutMs)
    } finally {
      leftMs -= clock.monotonic() - startedMs
    }
  }
}

/** A time limit that begins now, for work in several parts. @returns what is left of it, at least 1 ms */
export function timeLimit(timeoutMs: number, clock: Clock = systemClock): () => number {
  const endsAtMs = clock.monotonic() + timeoutMs
  return () => Math.max(1, Math.round(endsAtMs - clock.monotonic()))
}

/** A timeout names the limit that the user gave, not the rest of it. Other errors are unchanged. */
export function withLimit(error: unknown, limitMs: number): unknown {
  if (!isSecretSyncError(error) || error.facts.waitedMs === undefined) return error
  const { code, message, facts } = error
  const text = message.replace(`no response within ${facts.waitedMs} ms`, `no response within ${limitMs / 1_000} s`)
  return new SecretSyncError(code, text, { facts, cause: error })
}
