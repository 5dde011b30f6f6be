import { type Clock, isSecretSyncError, sleep } from '@ack-secret-manager/core'
import { isKubeApiError, type KubeClient } from '@ack-secret-manager/k8s-client'
import type { ClusterHealth } from '../../model/cluster-view.ts'

/** A watch says nothing while nothing changes: after this long without a sign of the API server, it is asked. */
const SILENCE_MS = 20_000
const TIMEOUT_MS = 5_000
const RETRY_MS = 3_000
const TICK_MS = 1_000
/** One request can fail for reasons of its own. */
const MIN_FAILURES = 2
const MAX_MESSAGE = 500

/** Options of {@link ApiProbe}. */
export interface ApiProbeOptions {
  readonly client: Pick<KubeClient, 'get'>
  readonly clock: Clock
  /** Whether a page is open; without one nothing is asked. */
  readonly isWatched: () => boolean
  /** Monotonic time of the last data of a watch or list. */
  readonly lastActivityMs: () => number
  readonly onChange: () => void
}

/**
 * Finds out that the API server hangs or refuses the credential while all watches are open: a watch notices neither before it ends. Asks
 * for the version, which every user may read, after a silence and after a read or a change that failed.
 */
export class ApiProbe {
  readonly #options: ApiProbeOptions
  #health: ClusterHealth = { state: 'ok' }
  #answeredMs: number
  #failures = 0
  #failingSince: { readonly wallMs: number; readonly monotonicMs: number } | undefined
  #isInDoubt = false
  #wake = new AbortController()

  constructor(options: ApiProbeOptions) {
    this.#options = options
    this.#answeredMs = options.clock.monotonic()
  }

  get health(): ClusterHealth {
    return this.#health
  }

  /** Monotonic time of the last sign of the API server. */
  get heardMs(): number {
    return Math.max(this.#answeredMs, this.#options.lastActivityMs())
  }

  /** A read or a change has failed: asks soon. */
  doubt(): void {
    this.#isInDoubt = true
    this.#wake.abort()
  }

  /** Runs until the signal aborts. Call it once. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, isWatched } = this.#options
    while (!signal.aborted) {
      this.#wake = new AbortController()
      this.#forget()
      const isSilent = clock.monotonic() - this.heardMs >= SILENCE_MS
      const isDue = this.#isInDoubt || isSilent || this.#failures > 0 || this.#health.state === 'unauthenticated'
      if (isWatched() && isDue) await this.#ask(signal)
      const isFailing = this.#failures > 0 || this.#health.state !== 'ok'
      // Doubts do not make it ask more often than that.
      const pause = isFailing || isDue ? signal : AbortSignal.any([signal, this.#wake.signal])
      await sleep(isFailing ? RETRY_MS : TICK_MS, { clock, signal: pause }).catch(() => undefined)
    }
  }

  async #ask(signal: AbortSignal): Promise<void> {
    this.#isInDoubt = false
    try {
      await this.#options.client.get('/version', { timeoutMs: TIMEOUT_MS, signal })
      this.#answered()
    } catch (error) {
      if (signal.aborted) return
      if (isUnauthenticated(error)) this.#fail('unauthenticated', error)
      else if (isKubeApiError(error) && error.status < 500) this.#answered()
      else this.#fail('disconnected', error)
    }
  }

  #answered(): void {
    this.#answeredMs = this.#options.clock.monotonic()
    this.#recover()
  }

  /** A watch goes on after the failure. It says nothing about a credential, which was checked when it began. */
  #forget(): void {
    const sinceMs = this.#failingSince?.monotonicMs ?? Infinity
    if (this.#health.state !== 'unauthenticated' && this.#options.lastActivityMs() > sinceMs) this.#recover()
  }

  #recover(): void {
    this.#failures = 0
    this.#failingSince = undefined
    this.#enter({ state: 'ok' })
  }

  #fail(state: 'disconnected' | 'unauthenticated', error: unknown): void {
    const { clock } = this.#options
    this.#failures += 1
    this.#failingSince ??= { wallMs: clock.now(), monotonicMs: clock.monotonic() }
    if (state === 'disconnected' && this.#failures < MIN_FAILURES) return
    const message = (error instanceof Error ? error.message : String(error)).slice(0, MAX_MESSAGE)
    this.#enter({ state, sinceMs: this.#failingSince.wallMs, message })
  }

  #enter(health: ClusterHealth): void {
    const isChanged = this.#health.state !== health.state
    this.#health = health
    if (isChanged) this.#options.onChange()
  }
}

function isUnauthenticated(error: unknown): boolean {
  return isKubeApiError(error, 401) || (isSecretSyncError(error) && error.code === 'Unauthenticated')
}
