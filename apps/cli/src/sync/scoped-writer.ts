import type {
  ObservedSecret,
  SecretWriter,
  TargetAction,
  TargetChange,
  TargetRef,
  UnfinishedReplacement,
} from '@ack-secret-manager/core'

/**
 * A writer that shows only targets of the current manifests. Targets of other manifests, for example from an earlier run,
 * must not be garbage-collected, because only a cluster shows that their resource was deleted.
 */
export class ScopedWriter implements SecretWriter {
  readonly #writer: SecretWriter
  readonly #hasManifest: (key: string) => boolean
  readonly readValues?: NonNullable<SecretWriter['readValues']>
  readonly serverTimeMs?: NonNullable<SecretWriter['serverTimeMs']>

  /** @param hasManifest whether a manifest has that `namespace/name` */
  constructor(writer: SecretWriter, hasManifest: (key: string) => boolean) {
    this.#writer = writer
    this.#hasManifest = hasManifest
    if (writer.readValues) this.readValues = writer.readValues.bind(writer)
    if (writer.serverTimeMs) this.serverTimeMs = writer.serverTimeMs.bind(writer)
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
    return this.#hasManifest(`${namespace}/${ownerName}`) ? this.#writer.ownedBy(namespace, ownerName) : []
  }

  targetsOf(namespace: string, ownerName: string): readonly TargetRef[] {
    if (!this.#hasManifest(`${namespace}/${ownerName}`)) return []
    return (
      this.#writer.targetsOf?.(namespace, ownerName) ??
      this.#writer.ownedBy(namespace, ownerName).map(({ target }) => target)
    )
  }

  owned(): Iterable<ObservedSecret> {
    return this.#writer.owned()
  }

  *unfinished(owner?: {
    readonly namespace: string
    readonly name: string
  }): Generator<UnfinishedReplacement, void, void> {
    for (const one of this.#writer.unfinished?.(owner) ?? []) {
      if (this.#hasManifest(`${one.target.namespace}/${one.ownerName}`)) yield one
    }
  }

  onChange(listener: (change: TargetChange) => void): () => void {
    return this.#writer.onChange(listener)
  }

  close(): Promise<void> {
    return this.#writer.close()
  }
}
