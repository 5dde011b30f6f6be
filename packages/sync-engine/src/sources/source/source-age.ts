/** How old the value of one source is, and when it becomes stale. Times are monotonic. */
export class SourceAge {
  #succeededMs: number | undefined
  /** Start of the value's age. After a restart this is the first failure. */
  #trustedMs: number | undefined
  /** Time of the last confirmation, which may be a refusal. */
  #confirmedMs: number | undefined
  #staleMs = Infinity
  #isReported = false

  /** When {@link takeStale} must be called; Infinity for never. */
  get staleMs(): number {
    return this.#staleMs
  }

  /** Whether subscribers were notified that the value is stale. */
  get isReported(): boolean {
    return this.#isReported
  }

  /** Time since the last success. */
  ageMs(nowMs: number): number | undefined {
    return this.#succeededMs === undefined ? undefined : nowMs - this.#succeededMs
  }

  /** Time since the last value or refusal, or since the first failure if there was neither. */
  unconfirmedMs(nowMs: number): number {
    return nowMs - (this.#confirmedMs ?? nowMs)
  }

  isStale(nowMs: number, staleAgeMs: number): boolean {
    return nowMs - (this.#trustedMs ?? nowMs) >= staleAgeMs
  }

  succeeded(nowMs: number): void {
    this.#succeededMs = nowMs
    this.#trustedMs = nowMs
    this.#confirmedMs = nowMs
    this.#staleMs = Infinity
    this.#isReported = false
  }

  failed(nowMs: number, { isRefused }: { readonly isRefused: boolean }): void {
    this.#trustedMs ??= nowMs
    if (isRefused || this.#confirmedMs === undefined) this.#confirmedMs = nowMs
  }

  /** Whether the value has become stale since the last call. The caller reports it. */
  takeStale(nowMs: number): boolean {
    if (this.#staleMs > nowMs) return false
    this.reported()
    return true
  }

  /** Subscribers are notified that the value is stale. */
  reported(): void {
    this.#isReported = true
    this.#staleMs = Infinity
  }

  /** Sets when the value becomes stale. Only an outage makes it stale, and only once. */
  schedule(staleAgeMs: number, { isOutage }: { readonly isOutage: boolean }): void {
    const canBecomeStale = isOutage && !this.#isReported
    this.#staleMs = canBecomeStale && this.#trustedMs !== undefined ? this.#trustedMs + staleAgeMs : Infinity
  }
}
