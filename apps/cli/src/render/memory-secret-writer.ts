import {
  type KeyRecord,
  type ObservedSecret,
  type OwnerRecord,
  SecretSyncError,
  type SecretWriter,
  type Sensitive,
  type TargetAction,
  type TargetMetadata,
  type TargetRef,
  type TargetValues,
} from '@ack-secret-manager/core'

/** A Secret as it would be written. */
export interface RenderedSecret {
  readonly target: TargetRef
  readonly type: string
  readonly immutable: boolean
  readonly data: ReadonlyMap<string, Sensitive<Uint8Array>>
  /** Labels and annotations that templates have set. */
  readonly metadata: TargetMetadata
  /** Source of each key. */
  readonly sources: ReadonlyMap<string, KeyRecord>
}

interface Stored {
  readonly observed: ObservedSecret
  readonly type: string
  readonly data: ReadonlyMap<string, Sensitive<Uint8Array>>
  /** By owner. */
  readonly metadata: ReadonlyMap<string, TargetMetadata>
}

/** Keeps Secrets in memory instead of writing them. It starts empty and has no other writer. */
export class MemorySecretWriter implements SecretWriter {
  /** Absent unless values may be generated. */
  readonly readValues?: NonNullable<SecretWriter['readValues']>
  readonly #stored = new Map<string, Stored>()
  #version = 0

  /** @param options.generates whether values may be generated, which are placeholders. @default false */
  constructor({ generates = false }: { readonly generates?: boolean } = {}) {
    if (generates) this.readValues = (target, { keys }) => Promise.resolve(this.#values(target, keys))
  }

  /** The Secrets, sorted by namespace and name. */
  secrets(): readonly RenderedSecret[] {
    const secrets = [...this.#stored.values()].map(({ observed, type, data, metadata }) => ({
      target: observed.target,
      type,
      immutable: observed.immutable,
      data,
      metadata: new Map([...metadata.values()].flatMap((each) => [...each])),
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

  #values(target: TargetRef, keys: readonly string[]): TargetValues | undefined {
    const stored = this.#stored.get(nameOf(target))
    if (!stored) return undefined
    const values = new Map([...stored.data].filter(([key]) => keys.includes(key)))
    return { observed: stored.observed, values, edited: new Set() }
  }

  apply(action: TargetAction): Promise<ObservedSecret | undefined> {
    const { target } = action
    const before = this.#stored.get(nameOf(target))
    // A replacement is one step here, so none is unfinished.
    if (action.kind === 'finish') return Promise.resolve(before?.observed)
    const isExpected =
      action.kind === 'create' ? before === undefined : before?.observed.resourceVersion === action.ifResourceVersion
    if (!isExpected) return Promise.reject(new SecretSyncError('Conflict', `Secret ${nameOf(target)} has changed`))
    if (action.kind === 'release') {
      this.#stored.delete(nameOf(target))
      return Promise.resolve(undefined)
    }
    // Only restarts write such records, and a preview restarts nothing.
    if (action.kind === 'record') return Promise.resolve(before?.observed)
    const isKept = (key: string): boolean => action.kind !== 'replace' || action.carry.includes(key)
    const data = new Map([...(before?.data ?? [])].filter(([key]) => isKept(key)))
    for (const [key, bytes] of action.set) data.set(key, bytes)
    if (action.kind === 'patch') for (const key of action.remove) data.delete(key)
    const records = new Map(before?.observed.records).set(action.owner.name, action.record)
    const observed = this.#observed(target, action.type, records)
    const metadata = new Map(before?.metadata).set(action.owner.name, action.metadata ?? new Map())
    this.#stored.set(nameOf(target), { observed, type: action.type, data, metadata })
    return Promise.resolve(observed)
  }

  ownedBy(namespace: string, ownerName: string): readonly ObservedSecret[] {
    return [...this.owned()].filter(({ target, records }) => target.namespace === namespace && records.has(ownerName))
  }

  owned(): Iterable<ObservedSecret> {
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
      immutable: [...records.values()].some(({ immutable }) => immutable),
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
