import { type Clock, Semaphore } from '@ack-secret-manager/core'

export interface CallSlotsOptions {
  /** Calls at the same time. One requester may have half of them. */
  readonly limit: number
  readonly clock: Clock
}

/** How long a call keeps its slot at least: 8 slots allow 20 calls per second. STS allows 100 for a whole account. */
export const MIN_SLOT_MS = 400

/** Slots for the calls of one identity. Requesters take turns, and one whose calls hang leaves half of the slots to others. */
export class CallSlots {
  readonly #options: CallSlotsOptions
  readonly #all: Semaphore
  readonly #own = new Map<string, Semaphore>()

  constructor(options: CallSlotsOptions) {
    this.#options = options
    this.#all = new Semaphore(options.limit)
  }

  /** A call that starts in the first slot that any of its requesters gets, unless `signal` has aborted. */
  call<T>(work: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): SlotCall<T> {
    const { promise: result, resolve, reject } = Promise.withResolvers<T>()
    const requesters = new Set<string>()
    let isOver = false
    let hasStarted = false
    const start = async (): Promise<void> => {
      if (isOver) return
      isOver = true
      if (signal.aborted) return reject(signal.reason as Error)
      hasStarted = true
      const pause = new Promise<void>((end) => this.#options.clock.setTimeout(end, MIN_SLOT_MS))
      await work(signal).then(resolve, reject)
      await pause
    }
    return {
      result,
      hasStarted: () => hasStarted,
      request: (requester) => {
        if (isOver || requesters.has(requester)) return
        requesters.add(requester)
        void this.#slotsOf(requester).run(() => this.#all.run(start, requester))
      },
    }
  }

  #slotsOf(requester: string): Semaphore {
    const slots = this.#own.get(requester) ?? new Semaphore(Math.ceil(this.#options.limit / 2))
    this.#own.set(requester, slots)
    return slots
  }
}

/** A call that waits for its slot, or runs. */
export interface SlotCall<T> {
  readonly result: Promise<T>
  /** Whether it had its slot, so that the service was called. */
  hasStarted(): boolean
  /** Waits for a slot of `requester` as well, so that the call does not wait for other calls of the first one. */
  request(requester: string): void
}
