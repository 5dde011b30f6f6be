import type { Clock, ClockTimer } from '@ack-secret-manager/core'
import type { Logger } from 'pino'

/** Shortest time between two warnings about a namespace, because a tenant can exceed the budget and recover repeatedly. */
const REPEAT_MS = 600_000
/** Limit of namespaces that are logged in this time. The metric counts the Secrets of all namespaces. */
const MAX_NAMESPACES = 1_000

export interface BudgetLogOptions {
  readonly log: Pick<Logger, 'info' | 'warn'>
  readonly clock: Pick<Clock, 'setTimeout'>
}

/**
 * Logs namespaces whose Secret metadata exceeds its cache budget. The next warning about a namespace follows after ten minutes, if it
 * still exceeds its budget then.
 */
export class BudgetLog {
  readonly #options: BudgetLogOptions
  readonly #exceeded = new Set<string>()
  /** Namespaces whose recovery is logged. */
  readonly #logged = new Set<string>()
  readonly #pauses = new Map<string, ClockTimer>()

  constructor(options: BudgetLogOptions) {
    this.#options = options
  }

  readonly onExceeded = (namespace: string): void => {
    this.#exceeded.add(namespace)
    if (!this.#pauses.has(namespace) && this.#pauses.size < MAX_NAMESPACES) this.#warn(namespace)
  }

  readonly onRecovered = (namespace: string): void => {
    this.#exceeded.delete(namespace)
    if (this.#logged.delete(namespace))
      this.#options.log.info({ namespace }, 'All Secret metadata of the namespace is cached again')
  }

  close(): void {
    for (const pause of this.#pauses.values()) pause.cancel()
    this.#pauses.clear()
  }

  #warn(namespace: string): void {
    const { log, clock } = this.#options
    this.#logged.add(namespace)
    const onPauseEnd = (): void => {
      this.#pauses.delete(namespace)
      if (this.#exceeded.has(namespace) && !this.#logged.has(namespace)) this.#warn(namespace)
    }
    this.#pauses.set(namespace, clock.setTimeout(onPauseEnd, REPEAT_MS))
    log.warn(
      { namespace },
      'Secret metadata of the namespace exceeds its cache budget; large Secrets are read when they are reconciled, and edits may be repaired late',
    )
  }
}
