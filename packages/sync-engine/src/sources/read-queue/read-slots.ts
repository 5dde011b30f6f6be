/** Latency of the latest read of a quota; `unknown` before the first one. */
export type LatencyClass = 'unknown' | 'quick' | 'slow'

/** What a quota uses. */
interface SlotUser {
  readonly latency: LatencyClass
  readonly inFlight: number
}

/**
 * The slots of calls in flight. A quota may use as many as stay free (dynamic threshold: one quota gets half, two get a third each). So may a
 * namespace, because it can have many AccessKeys and regions. Because tenants choose endpoints, hanging ones could still take all slots.
 * Quotas whose latest read was slow therefore share a quarter of the slots, and a fifth is reserved for quotas whose latest read was quick.
 */
export class ReadSlots {
  readonly #max: number
  #held = 0
  readonly #byLatency: Record<LatencyClass, number> = { unknown: 0, quick: 0, slow: 0 }
  /** By {@link groupOf}; a group without any takes no memory. */
  readonly #byGroup = new Map<string, number>()

  constructor(max: number) {
    this.#max = max
  }

  hasFree({ latency, inFlight }: SlotUser): boolean {
    if (inFlight >= this.#max - this.#held) return false
    if (latency === 'quick') return true
    if (this.#freeFor(latency) <= 0) return false
    return latency === 'unknown' || this.#byLatency.slow < Math.max(1, Math.floor(this.#max / 4))
  }

  /** Whether a namespace may have another slot for a quota. One that may hang leaves slots to the others of its namespace. */
  mayTake(namespace: string, { latency, inFlight }: SlotUser): boolean {
    const held = this.#byGroup.get(groupOf(namespace, latency)) ?? 0
    return held + (latency === 'quick' ? 0 : inFlight) < this.#freeFor(latency)
  }

  /** @returns the group to {@link free} */
  take(namespace: string, { latency }: SlotUser): string {
    const group = groupOf(namespace, latency)
    this.#byGroup.set(group, (this.#byGroup.get(group) ?? 0) + 1)
    return group
  }

  free(group: string): void {
    const held = (this.#byGroup.get(group) ?? 0) - 1
    if (held > 0) this.#byGroup.set(group, held)
    else this.#byGroup.delete(group)
  }

  /** Counts slots of quotas by their latency. */
  count(latency: LatencyClass, by: number): void {
    this.#held += by
    this.#byLatency[latency] += by
  }

  #freeFor(latency: LatencyClass): number {
    const { unknown, slow } = this.#byLatency
    return latency === 'quick' ? this.#max - this.#held : this.#max - Math.floor(this.#max / 5) - unknown - slow
  }
}

/** A namespace has separate slots for quotas that respond quickly, so that one of its own that hangs does not delay the others. */
function groupOf(namespace: string, latency: LatencyClass): string {
  return latency === 'quick' ? namespace : `${namespace}/`
}
