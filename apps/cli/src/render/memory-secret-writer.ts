import {
  type KeyRecord,
  type ObservedSecret,
  type OwnerRecord,
  SecretSyncError,
  type SecretWriter,
  type Sensitive,
  type TargetAction,
  type TargetRef,
} from '@ack-secret-manager/core'

/** A Secret as it would be written. */
export interface RenderedSecret {
  readonly target: TargetRef
  readonly type: string
  readonly data: ReadonlyMap<string, Sensitive<Uint8Array>>
  /** Where each key came from. */
  readonly sources: ReadonlyMap<string, KeyRecord>
}

interface Stored {
  readonly observed: ObservedSecret
  readonly type: string
  readonly data: ReadonlyMap<string, Sensitive<Uint8Array>>
}

/** Keeps what would be written, and writes nothing. It starts empty and nobody else touches it. */
export class MemorySecretWriter implements SecretWriter {
  readonly #stored = new Map<string, Stored>()
  #version = 0

  /** What would be there, by namespace and name. */
  secrets(): readonly RenderedSecret[] {
    const secrets = [...this.#stored.values()].map(({ observed, type, data }) => ({
      target: observed.target,
      type,
      data,
      sources: new Map([...observed.records.values()].flatMap(({ keys }) => [...keys])),
    }))
    return secrets.toSorted((a, b) => (nameOf(a.target) < nameOf(b.target) ? -1 : 1))
  }

  observe(target: TargetRef): Promise<ObservedSecret | undefined> {
    return Promise.resolve(this.#stored.get(nameOf(target))?.observed)
  }

  inspect(target: TargetRef): Promise<ObservedSecret | undefined> {
    return this.observe(target)
  }

  apply(action: TargetAction): Promise<ObservedSecret | undefined> {
    const { target } = action
    const before = this.#stored.get(nameOf(target))
    const isExpected =
      action.kind === 'create' ? before === undefined : before?.observed.resourceVersion === action.ifResourceVersion
    if (!isExpected) return Promise.reject(new SecretSyncError('Conflict', `Secret ${nameOf(target)} is not as it was`))
    if (action.kind === 'release') {
      this.#stored.delete(nameOf(target))
      return Promise.resolve(undefined)
    }
    const data = new Map([...(before?.data ?? []), ...action.set])
    if (action.kind === 'patch') for (const key of action.remove) data.delete(key)
    const records = new Map(before?.observed.records).set(action.owner.name, action.record)
    const observed = this.#observed(target, action.type, records)
    this.#stored.set(nameOf(target), { observed, type: action.type, data })
    return Promise.resolve(observed)
  }

  heldBy(namespace: string, ownerName: string): readonly ObservedSecret[] {
    return [...this.held()].filter(({ target, records }) => target.namespace === namespace && records.has(ownerName))
  }

  held(): Iterable<ObservedSecret> {
    return [...this.#stored.values()].map(({ observed }) => observed)
  }

  /** Never calls. */
  onChange(): () => void {
    return () => undefined
  }

  close(): Promise<void> {
    this.#stored.clear()
    return Promise.resolve()
  }

  #observed(target: TargetRef, type: string, records: ReadonlyMap<string, OwnerRecord>): ObservedSecret {
    this.#version += 1
    return {
      target,
      uid: nameOf(target),
      resourceVersion: String(this.#version),
      type,
      controller: undefined,
      records,
      drifted: [],
      foreignKeys: new Set(),
      adoptRequested: false,
      metadataDrifted: false,
    }
  }
}

function nameOf({ namespace, name }: TargetRef): string {
  return `${namespace}/${name}`
}
