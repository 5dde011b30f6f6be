import type { SourceKey, SourceReading } from '../model/source-reading.ts'

/** A subscriber that waits for one or more sources. */
export class ValuesRequest {
  readonly subscriber: string
  readonly #readings: Map<SourceKey, SourceReading>
  readonly #finished: Promise<void>
  #resolve: () => void = () => undefined
  #reject: (reason: unknown) => void = () => undefined
  #missing: number
  #isOver = false

  /** @param readings what is there already; the rest is added to it */
  constructor(subscriber: string, readings: Map<SourceKey, SourceReading>, missing: number) {
    this.subscriber = subscriber
    this.#readings = readings
    this.#missing = missing
    this.#finished = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
  }

  give(key: SourceKey, reading: SourceReading): void {
    this.#readings.set(key, reading)
    this.#missing -= 1
    if (this.#missing === 0) this.#resolve()
  }

  /** Whoever asked does not wait any more: aborted or unsubscribed. What comes now is not for them. */
  get isOver(): boolean {
    return this.#isOver
  }

  fail(reason: unknown): void {
    this.#isOver = true
    this.#reject(reason)
  }

  /** Resolves when nothing is missing any more; rejects with the signal's reason when that comes first. */
  async finished(signal: AbortSignal): Promise<void> {
    const onAbort = (): void => this.fail(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    try {
      await this.#finished
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
  }
}
