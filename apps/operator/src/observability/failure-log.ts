import type { Clock } from '@ack-secret-manager/core'
import type { Logger } from 'pino'
import { humanDuration } from './human-duration.ts'

/** How many of one kind are told one by one while they have the same reason; of more only how many they are. */
const TOLD_ONE_BY_ONE = 10

/** Options of {@link TroubleLog}. */
export interface TroubleLogOptions {
  readonly log: Pick<Logger, 'debug' | 'info' | 'warn'>
  readonly clock: Pick<Clock, 'monotonic'>
  /** What may be in trouble: the member of the line that names it, and what many of it are called. */
  readonly kind: { readonly member: string; readonly many: string }
}

interface Trouble {
  readonly reason: string
  readonly sinceMs: number
  readonly isTold: boolean
}

interface Group {
  count: number
  most: number
  readonly sinceMs: number
}

/**
 * Tells of each trouble when it begins and when it ends, and nothing in between: tries that fail again are told at `debug`. Of
 * an outage that is everybody's, a few are told one by one, and then how many they are.
 */
export class TroubleLog {
  readonly #options: TroubleLogOptions
  readonly #troubles = new Map<string, Trouble>()
  readonly #groups = new Map<string, Group>()

  constructor(options: TroubleLogOptions) {
    this.#options = options
  }

  /** @param reason those in trouble for the same one are counted together */
  failing(name: string, reason: string, message: string, more: object = {}): void {
    const { log, clock, kind } = this.#options
    const known = this.#troubles.get(name)
    const facts = { [kind.member]: name, reason, ...more }
    // What is whole again in parts is on its way out of the same trouble.
    if (known?.reason === reason || (known && reason === 'Degraded')) return log.debug(facts, message)
    if (known) this.#leave(name, known)
    const nowMs = clock.monotonic()
    const group = this.#groups.get(reason) ?? { count: 0, most: 0, sinceMs: nowMs }
    this.#groups.set(reason, group)
    group.count += 1
    group.most = Math.max(group.most, group.count)
    const isTold = group.count <= TOLD_ONE_BY_ONE
    this.#troubles.set(name, { reason, sinceMs: known?.sinceMs ?? nowMs, isTold })
    if (isTold) return log.warn(facts, message)
    log.debug(facts, message)
    if (group.count === group.most && isWorthALine(group.count)) {
      log.warn({ reason, count: group.count }, `${kind.many} have this trouble by now; their statuses tell which`)
    }
  }

  /** It is well. Told where it was not. */
  well(name: string): void {
    const trouble = this.#troubles.get(name)
    if (!trouble) return
    this.#leave(name, trouble)
    const { log, clock, kind } = this.#options
    const { reason, sinceMs, isTold } = trouble
    const after = humanDuration(clock.monotonic() - sinceMs)
    log[isTold ? 'info' : 'debug']({ [kind.member]: name, was: reason, after }, 'Well again')
  }

  /** It is there no more, or nobody asks any more how it is. */
  forget(name: string): void {
    const trouble = this.#troubles.get(name)
    if (trouble) this.#leave(name, trouble)
  }

  #leave(name: string, { reason }: Trouble): void {
    this.#troubles.delete(name)
    const group = this.#groups.get(reason)
    if (!group) return
    group.count -= 1
    if (group.count > 0) return
    this.#groups.delete(reason)
    if (group.most <= TOLD_ONE_BY_ONE) return
    const { log, clock, kind } = this.#options
    const after = humanDuration(clock.monotonic() - group.sinceMs)
    log.info({ was: reason, most: group.most, after }, `No more ${kind.many} have this trouble`)
  }
}

/** Where telling one by one ends, then 100, 1,000 … */
function isWorthALine(count: number): boolean {
  return count === TOLD_ONE_BY_ONE + 1 || (count >= 100 && /^10+$/.test(String(count)))
}
