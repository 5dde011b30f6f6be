import { createHash } from 'node:crypto'
import { type Clock, type RenderRequest, SecretSyncError } from '@ack-secret-manager/core'

/** How long a request is refused after it was lost for the first time, the second and each later one. */
const PAUSES_MS = [10_000, 60_000, 600_000] as const
const MAX_REMEMBERED = 1_000

interface Loss {
  readonly error: SecretSyncError
  readonly times: number
  readonly untilMs: number
}

/**
 * Remembers requests that cost the engine, so that none costs it again and again: by their templates and data, whoever asks.
 * Until the last pause `facts.retryAfterMs` says when to come again; then the error is final.
 */
export class LostRequests {
  readonly #clock: Clock
  readonly #losses = new Map<string, Loss>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** The error of a request that is not to be tried now. */
  refusal(request: RenderRequest): SecretSyncError | undefined {
    const loss = this.#losses.size === 0 ? undefined : this.#losses.get(digestOf(request))
    return loss && loss.untilMs > this.#clock.monotonic() ? this.#told(loss) : undefined
  }

  /** A request was lost. @returns the error as its caller is told it */
  add(request: RenderRequest, error: SecretSyncError): SecretSyncError {
    const digest = digestOf(request)
    const times = (this.#losses.get(digest)?.times ?? 0) + 1
    const pauseMs = PAUSES_MS[Math.min(times, PAUSES_MS.length) - 1] ?? 0
    const loss: Loss = { error, times, untilMs: this.#clock.monotonic() + pauseMs }
    this.#losses.delete(digest)
    this.#losses.set(digest, loss)
    const [oldest] = this.#losses.keys()
    if (this.#losses.size > MAX_REMEMBERED && oldest !== undefined) this.#losses.delete(oldest)
    return this.#told(loss)
  }

  /** The engine has survived a request. */
  forget(request: RenderRequest): void {
    if (this.#losses.size > 0) this.#losses.delete(digestOf(request))
  }

  #told({ error, times, untilMs }: Loss): SecretSyncError {
    if (times >= PAUSES_MS.length) return error
    const retryAfterMs = untilMs - this.#clock.monotonic()
    return new SecretSyncError(error.code, error.message, { facts: { ...error.facts, retryAfterMs } })
  }
}

function digestOf({ templates, data }: RenderRequest): string {
  const hash = createHash('sha256')
  // Lengths keep apart what would be the same behind one another.
  for (const part of [...templates.flatMap(({ name, text }) => [name, text]), ...[...data].flat()]) {
    hash.update(`${part.length} ${typeof part} `).update(part)
  }
  return hash.digest('base64')
}
