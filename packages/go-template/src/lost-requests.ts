import { createHash } from 'node:crypto'
import { type Clock, remember, type RenderRequest, SecretSyncError } from '@ack-secret-manager/core'
import { plainText } from './plain-text.ts'

/** How long a request is refused after its first, second and later losses. */
const PAUSES_MS = [10_000, 60_000, 600_000] as const
const MAX_REMEMBERED = 1_000

interface Loss {
  readonly error: SecretSyncError
  readonly times: number
  readonly untilMs: number
}

/**
 * Remembers requests that crashed the engine, by their templates and data, so that they cannot crash it repeatedly. Until the
 * last pause, `facts.retryAfterMs` has the time of the next attempt; then the error is final.
 */
export class LostRequests {
  readonly #clock: Clock
  readonly #losses = new Map<string, Loss>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** The error of a request that must not be tried now. */
  refusal(request: RenderRequest): SecretSyncError | undefined {
    const loss = this.#losses.size === 0 ? undefined : this.#losses.get(digestOf(request))
    return loss && loss.untilMs > this.#clock.monotonic() ? this.#errorOf(loss) : undefined
  }

  /** Records a lost request. @returns the error for its caller */
  add(request: RenderRequest, error: SecretSyncError): SecretSyncError {
    const digest = digestOf(request)
    const times = (this.#losses.get(digest)?.times ?? 0) + 1
    const pauseMs = PAUSES_MS[Math.min(times, PAUSES_MS.length) - 1] ?? 0
    const loss: Loss = { error, times, untilMs: this.#clock.monotonic() + pauseMs }
    this.#losses.delete(digest)
    remember(this.#losses, digest, loss, MAX_REMEMBERED)
    return this.#errorOf(loss)
  }

  /** Records a request that the engine has survived. */
  forget(request: RenderRequest): void {
    if (this.#losses.size > 0) this.#losses.delete(digestOf(request))
  }

  #errorOf({ error, times, untilMs }: Loss): SecretSyncError {
    if (times >= PAUSES_MS.length) return error
    const retryAfterMs = untilMs - this.#clock.monotonic()
    return new SecretSyncError(error.code, error.message, { facts: { ...error.facts, retryAfterMs } })
  }
}

function digestOf({ templates, data }: RenderRequest): string {
  const hash = createHash('sha256')
  const texts = templates.flatMap((template) => [template.name, plainText(template)])
  const values = [...data].flatMap(([key, value]) => [key, value.expose()])
  // Length prefixes distinguish parts whose concatenation is equal.
  for (const part of [...texts, ...values]) {
    hash.update(`${part.length} ${typeof part} `).update(part)
  }
  return hash.digest('base64')
}
