import { globMatches } from './glob.ts'

/** Kinds of faults. */
export const FAULT_KINDS = ['throttle', 'http503', 'reset', 'hang', 'garbage', 'deny', 'slow', 'lost'] as const

/** See {@link FAULT_KINDS}. */
export type FaultKind = (typeof FAULT_KINDS)[number]

/** A fault for matching requests. */
export interface Fault {
  /** Patterns with `*`; an absent one matches every request. */
  readonly match?: { readonly action?: string | undefined; readonly secret?: string | undefined } | undefined
  readonly fault: FaultKind
  /** Number of affected requests. @default until the faults are deleted */
  readonly count?: number | undefined
  /**
   * `slow`: delay of the response (default 1,000). `hang`: cuts the connection after it (default: holds it).
   * `throttle`, `http503`: sent as `Retry-After`, rounded up to seconds (default: none).
   */
  readonly ms?: number | undefined
}

/** Default delay of `slow`. */
export const DEFAULT_SLOW_MS = 1_000

const MAX_FAULTS = 1_000

interface ActiveFault {
  readonly fault: Fault
  left: number
}

/** The active faults; the first matching one is injected. */
export class Faults {
  #active: ActiveFault[] = []

  /** False if there are 1,000 already. */
  add(fault: Fault): boolean {
    if (this.#active.length >= MAX_FAULTS) return false
    this.#active.push({ fault, left: fault.count ?? Number.POSITIVE_INFINITY })
    return true
  }

  /** Deletes the faults whose `match.secret` is this text; all faults without one. */
  clear(secret?: string): void {
    this.#active = secret === undefined ? [] : this.#active.filter(({ fault }) => fault.match?.secret !== secret)
  }

  /** The fault for this request; reduces its count. */
  take(action: string, secret: string, accepts: (fault: Fault) => boolean = () => true): Fault | undefined {
    if (this.#active.length === 0) return undefined
    const found = this.#active.find(
      ({ fault }) =>
        accepts(fault) &&
        globMatches(fault.match?.action ?? '*', action) &&
        globMatches(fault.match?.secret ?? '*', secret),
    )
    if (found === undefined) return undefined
    found.left -= 1
    if (found.left <= 0) this.#active = this.#active.filter((other) => other !== found)
    return found.fault
  }
}
