import type {
  ObservedSecret,
  SecretWriter,
  TargetAction,
  TargetChange,
  TargetRef,
  UnfinishedReplacement,
} from '@ack-secret-manager/core'

/**
 * A writer that knows of nothing but what the manifests at hand have written. What others of them have written, in an earlier
 * run or before they were taken away, is no leftover to be cleaned up: only a cluster knows that a resource is gone.
 */
export class ScopedWriter implements SecretWriter {
  readonly #writer: SecretWriter
  readonly #isAtHand: (key: string) => boolean

  /** @param isAtHand whether there is a manifest of that `namespace/name` */
  constructor(writer: SecretWriter, isAtHand: (key: string) => boolean) {
    this.#writer = writer
    this.#isAtHand = isAtHand
  }

  observe(target: TargetRef, options: { signal: AbortSignal; fresh?: boolean }): Promise<ObservedSecret | undefined> {
    return this.#writer.observe(target, options)
  }

  inspect(target: TargetRef, options: { signal: AbortSignal }): Promise<ObservedSecret | undefined> {
    return this.#writer.inspect(target, options)
  }

  apply(action: TargetAction, options: { signal: AbortSignal }): Promise<ObservedSecret | undefined> {
    return this.#writer.apply(action, options)
  }

  ownedBy(namespace: string, ownerName: string): readonly ObservedSecret[] {
    return this.#isAtHand(`${namespace}/${ownerName}`) ? this.#writer.ownedBy(namespace, ownerName) : []
  }

  owned(): Iterable<ObservedSecret> {
    return this.#writer.owned()
  }

  *unfinished(owner?: {
    readonly namespace: string
    readonly name: string
  }): Generator<UnfinishedReplacement, void, void> {
    for (const one of this.#writer.unfinished?.(owner) ?? []) {
      if (this.#isAtHand(`${one.target.namespace}/${one.ownerName}`)) yield one
    }
  }

  onChange(listener: (change: TargetChange) => void): () => void {
    return this.#writer.onChange(listener)
  }

  close(): Promise<void> {
    return this.#writer.close()
  }
}
