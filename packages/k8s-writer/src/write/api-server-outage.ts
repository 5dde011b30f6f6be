import type { Clock } from '@ack-secret-manager/core'
import type { ReflectorFault } from '@ack-secret-manager/k8s-client'
import { API_SERVER_STARTUP_MS, isKubeApiError } from '@ack-secret-manager/k8s-client'

/** Records when the API server was last unreachable. A 403 does not count, so revoked permissions show after the grace period. */
export class ApiServerOutage {
  readonly #clock: Pick<Clock, 'monotonic'>
  #lastMs: number | undefined

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock
  }

  /** Whether the API server was unreachable within the last 30 s. */
  get isRecent(): boolean {
    return this.#lastMs !== undefined && this.#clock.monotonic() - this.#lastMs < API_SERVER_STARTUP_MS
  }

  /** Records a failed call or watch. Only broken connections, timeouts, and a 5xx of a list or watch count. */
  record(error: ReflectorFault['error']): void {
    const isUnreachable = isKubeApiError(error)
      ? error.status >= 500
      : error.code === 'Unavailable' || error.code === 'Timeout'
    if (isUnreachable) this.#lastMs = this.#clock.monotonic()
  }
}
