import {
  type Clock,
  type ObservedSecret,
  SecretSyncError,
  type SecretWriter,
  sleep,
  type TargetAction,
  type TargetChange,
  type TargetRef,
  type TargetValues,
} from '@ack-secret-manager/core'
import type { Random } from '@ack-secret-manager/testenv'

const MAX_LATENCY_MS = 2_000
/** One call in this many fails. */
const ONE_IN = 6

/** Writer of one process: slow, sometimes refused or without a response, and cut off when the process dies. */
export class FaultyWriter implements SecretWriter {
  readonly #inner: SecretWriter
  readonly #clock: Clock
  readonly #random: Random
  #isCalm = false
  #isDead = false

  constructor(parts: { readonly inner: SecretWriter; readonly clock: Clock; readonly random: Random }) {
    this.#inner = parts.inner
    this.#clock = parts.clock
    this.#random = parts.random
  }

  /** Ends all faults. */
  calm(): void {
    this.#isCalm = true
  }

  /** Fails all further calls. */
  die(): void {
    this.#isDead = true
  }

  observe(target: TargetRef, options: { signal: AbortSignal }): Promise<ObservedSecret | undefined> {
    return this.#call(() => this.#inner.observe(target, options), options)
  }

  inspect(target: TargetRef, options: { signal: AbortSignal }): Promise<ObservedSecret | undefined> {
    return this.#call(() => this.#inner.inspect(target, options), options)
  }

  readValues(
    target: TargetRef,
    options: { signal: AbortSignal; keys: readonly string[] },
  ): Promise<TargetValues | undefined> {
    return this.#call(() => this.#inner.readValues?.(target, options) ?? Promise.resolve(undefined), options)
  }

  serverTimeMs(): number | undefined {
    return this.#inner.serverTimeMs?.()
  }

  apply(action: TargetAction, options: { signal: AbortSignal }): Promise<ObservedSecret | undefined> {
    return this.#call(() => this.#inner.apply(action, options), options)
  }

  ownedBy(namespace: string, ownerName: string): readonly ObservedSecret[] {
    return this.#inner.ownedBy(namespace, ownerName)
  }

  owned(): Iterable<ObservedSecret> {
    return this.#inner.owned()
  }

  onChange(listener: (change: TargetChange) => void): () => void {
    return this.#inner.onChange(listener)
  }

  async close(): Promise<void> {}

  /** Fails before the call, or loses the response after it. */
  async #call<T>(work: () => Promise<T>, { signal }: { signal: AbortSignal }): Promise<T> {
    await this.#pass(signal)
    const done = await work()
    await this.#pass(signal)
    return done
  }

  async #pass(signal: AbortSignal): Promise<void> {
    if (!this.#isCalm) await sleep(this.#random.int(0, MAX_LATENCY_MS), { clock: this.#clock, signal })
    if (this.#isDead) throw new SecretSyncError('Cancelled', 'the process has exited')
    if (!this.#isCalm && this.#random.int(1, ONE_IN) === 1) {
      throw new SecretSyncError('Unavailable', 'the API server does not respond')
    }
  }
}
