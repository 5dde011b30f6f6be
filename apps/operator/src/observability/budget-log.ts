import type { Clock } from '@ack-secret-manager/core'
import type { Logger } from 'pino'

/** Time after which a namespace is logged again, because a tenant can exceed the budget and recover all the time. */
const REPEAT_MS = 600_000
/** Limit of remembered namespaces. */
const MAX_NAMESPACES = 1_000

export interface BudgetLogOptions {
  readonly log: Pick<Logger, 'info' | 'warn'>
  readonly clock: Pick<Clock, 'monotonic'>
}

/** Logs namespaces whose Secret metadata exceeds its cache budget. */
export class BudgetLog {
  readonly #options: BudgetLogOptions
  readonly #loggedAtMs = new Map<string, number>()
  /** Namespaces whose recovery is logged. */
  readonly #exceeded = new Set<string>()

  constructor(options: BudgetLogOptions) {
    this.#options = options
  }

  readonly onExceeded = (namespace: string): void => {
    const { log, clock } = this.#options
    const nowMs = clock.monotonic()
    if (nowMs - (this.#loggedAtMs.get(namespace) ?? -Infinity) < REPEAT_MS) return
    if (this.#loggedAtMs.size >= MAX_NAMESPACES) this.#loggedAtMs.clear()
    this.#loggedAtMs.set(namespace, nowMs)
    this.#exceeded.add(namespace)
    log.warn(
      { namespace },
      'Secret metadata of the namespace exceeds its cache budget; large Secrets are read when they are reconciled, and edits may be repaired late',
    )
  }

  readonly onRecovered = (namespace: string): void => {
    if (this.#exceeded.delete(namespace))
      this.#options.log.info({ namespace }, 'All Secret metadata of the namespace is cached again')
  }
}
