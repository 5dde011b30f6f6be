/** Beyond this many secrets the one that was hinted longest ago is forgotten, which costs a read at most. */
const MAX_SECRETS = 50_000

/** The newest event of each secret for which a read was requested. Transports deliver events more than once, and in any order. */
export class LatestEvents {
  readonly #eventMs = new Map<string, number>()

  /** A read of the secret was requested for an event. */
  hinted(secretName: string, eventMs: number | undefined, nowMs: number): void {
    // A forged time in the future would hide real events.
    if (eventMs === undefined || eventMs > nowMs) return
    const newestMs = Math.max(eventMs, this.#eventMs.get(secretName) ?? eventMs)
    this.#eventMs.delete(secretName)
    this.#eventMs.set(secretName, newestMs)
    if (this.#eventMs.size <= MAX_SECRETS) return
    for (const [oldest] of this.#eventMs) {
      this.#eventMs.delete(oldest)
      break
    }
  }

  /** Whether a read was already requested after this event, or after a newer one. */
  isCovered(secretName: string, eventMs: number | undefined, nowMs: number): boolean {
    const newestMs = this.#eventMs.get(secretName)
    return eventMs !== undefined && eventMs <= nowMs && newestMs !== undefined && eventMs <= newestMs
  }
}
