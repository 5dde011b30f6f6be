import { nameText, SecretSyncError } from '@ack-secret-manager/core'
import type { SourceKey, SourceReading } from '../model/source-reading.ts'

/** A subscriber that waits for one or more sources. */
export class ValuesRequest {
  readonly subscriber: string
  readonly #readings: Map<SourceKey, SourceReading>
  readonly #finished = Promise.withResolvers<void>()
  #missing: number
  #isOver = false

  /** @param readings the known readings; the missing ones are added */
  constructor(subscriber: string, readings: Map<SourceKey, SourceReading>, missing: number) {
    this.subscriber = subscriber
    this.#readings = readings
    this.#missing = missing
  }

  give(key: SourceKey, reading: SourceReading): void {
    this.#readings.set(key, reading)
    this.#missing -= 1
    if (this.#missing === 0) this.#finished.resolve()
  }

  /** The request was aborted or its subscriber unsubscribed. */
  get isOver(): boolean {
    return this.#isOver
  }

  fail(reason: unknown): void {
    this.#isOver = true
    this.#finished.reject(reason)
  }

  /** Resolves when every reading is known; rejects with the reason of the signal if it aborts first. */
  async finished(signal: AbortSignal): Promise<void> {
    const onAbort = (): void => this.fail(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    try {
      await this.#finished.promise
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
  }
}

/** The error of a request whose source was dropped. */
export function cancelled(name: string): SecretSyncError {
  return new SecretSyncError('Cancelled', `reading ${nameText(name)}: cancelled because the subscription ended`)
}
