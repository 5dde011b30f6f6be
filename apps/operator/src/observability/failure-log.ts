import type { Clock } from '@ack-secret-manager/core'
import type { Logger } from 'pino'
import { humanDuration } from './human-duration.ts'

/** Limit of lines for objects with the same reason; beyond it only their count is logged. */
export const MAX_LOGGED_EACH = 10

export interface FailureLogOptions {
  readonly log: Pick<Logger, 'debug' | 'info' | 'warn'>
  readonly clock: Pick<Clock, 'monotonic'>
  /** The kind of object: the log field that names one, and its plural for the message. */
  readonly kind: { readonly member: string; readonly many: string }
}

interface Failure {
  readonly reason: string
  readonly sinceMs: number
  readonly isLogged: boolean
}

interface Group {
  count: number
  peak: number
  readonly sinceMs: number
}

/**
 * Logs a failure when it starts, changes its reason or ends; repeated attempts are logged at `debug`. In an outage that affects
 * many objects, the first ten get a line each, the rest a count.
 */
export class FailureLog {
  readonly #options: FailureLogOptions
  readonly #failures = new Map<string, Failure>()
  readonly #groups = new Map<string, Group>()

  constructor(options: FailureLogOptions) {
    this.#options = options
  }

  /** @param reason objects that fail with the same reason are counted together */
  failing(name: string, reason: string, message: string, more: object = {}): void {
    const { log, clock, kind } = this.#options
    const known = this.#failures.get(name)
    const facts = { [kind.member]: name, reason, ...more }
    // Degraded after another reason is a partial recovery from the same failure.
    if (known?.reason === reason || (known && reason === 'Degraded')) return log.debug(facts, message)
    if (known) this.#remove(name, known)
    const nowMs = clock.monotonic()
    const group = this.#groups.get(reason) ?? { count: 0, peak: 0, sinceMs: nowMs }
    this.#groups.set(reason, group)
    group.count += 1
    group.peak = Math.max(group.peak, group.count)
    const isLogged = group.count <= MAX_LOGGED_EACH
    this.#failures.set(name, { reason, sinceMs: known?.sinceMs ?? nowMs, isLogged })
    if (isLogged) return log.warn(facts, message)
    log.debug(facts, message)
    if (group.count === group.peak && isMilestone(group.count)) {
      log.warn({ reason, count: group.count }, `${group.count} ${kind.many} are failing with this reason`)
    }
  }

  /** Logs the recovery of an object that was failing. */
  recovered(name: string): void {
    const failure = this.#failures.get(name)
    if (!failure) return
    this.#remove(name, failure)
    const { log, clock, kind } = this.#options
    const { reason, sinceMs, isLogged } = failure
    const after = humanDuration(clock.monotonic() - sinceMs)
    log[isLogged ? 'info' : 'debug']({ [kind.member]: name, was: reason, after }, 'Recovered')
  }

  /** Forgets an object that was deleted or suspended, without a log line. */
  forget(name: string): void {
    const failure = this.#failures.get(name)
    if (failure) this.#remove(name, failure)
  }

  #remove(name: string, { reason }: Failure): void {
    this.#failures.delete(name)
    const group = this.#groups.get(reason)
    if (!group) return
    group.count -= 1
    if (group.count > 0) return
    this.#groups.delete(reason)
    if (group.peak <= MAX_LOGGED_EACH) return
    const { log, clock, kind } = this.#options
    const after = humanDuration(clock.monotonic() - group.sinceMs)
    log.info({ was: reason, most: group.peak, after }, `No ${kind.many} are failing with this reason any more`)
  }
}

/** The first count beyond {@link MAX_LOGGED_EACH}, then 100, 1,000 … */
export function isMilestone(count: number): boolean {
  return count === MAX_LOGGED_EACH + 1 || (count >= 100 && /^10+$/.test(String(count)))
}
