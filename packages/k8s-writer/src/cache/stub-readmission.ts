import type { Clock, ClockTimer, TargetRef } from '@ack-secret-manager/core'
import type { SecretStub } from './secret-stub.ts'

/** How long after an event Secrets that are not cached are tried again. */
const READMIT_MS = 10_000

export interface StubReadmissionOptions {
  readonly clock: Pick<Clock, 'setTimeout'>
  /** The Secrets that are not cached. */
  readonly stubs: () => readonly SecretStub[]
  /** Whether a Secret is still not cached, and its namespace now has memory for it. */
  readonly hasRoom: (stub: SecretStub) => boolean
  /** Whether the namespace has time left for large metadata. */
  readonly hasTime: (namespace: string) => boolean
  /** Reads a Secret, and caches it if it has room. */
  readonly read: (target: TargetRef, signal: AbortSignal) => Promise<unknown>
}

/** Caches Secrets for which their namespace has memory and time again. */
export class StubReadmission {
  readonly #options: StubReadmissionOptions
  readonly #closing = new AbortController()
  #timer: ClockTimer | undefined

  constructor(options: StubReadmissionOptions) {
    this.#options = options
  }

  /** Tries all stubs ten seconds after the first call. */
  schedule(): void {
    if (this.#closing.signal.aborted) return
    this.#timer ??= this.#options.clock.setTimeout(() => void this.#run(), READMIT_MS)
  }

  close(): void {
    this.#closing.abort()
    this.#timer?.cancel()
  }

  async #run(): Promise<void> {
    const { stubs, hasRoom, hasTime, read } = this.#options
    const { signal } = this.#closing
    // After a read more may have room, and a Secret that failed or must wait is tried again.
    let isDone = true
    for (const stub of stubs()) {
      const { target } = stub.observed
      if (signal.aborted) return
      if (!hasRoom(stub)) continue
      isDone = false
      if (!hasTime(target.namespace)) continue
      try {
        await read(target, signal)
      } catch {
        // The others do not wait for it, and the next attempt follows.
      }
    }
    this.#timer = undefined
    if (!isDone) this.schedule()
  }
}
