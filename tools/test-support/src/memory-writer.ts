import {
  type ContentDigester,
  type CreateAction,
  type KeyRecord,
  type ObservedSecret,
  type OwnerRecord,
  type PatchAction,
  type ReleaseAction,
  type ReplaceAction,
  SecretSyncError,
  type SecretWriter,
  Sensitive,
  type TargetAction,
  type TargetChange,
  type TargetRef,
  type TargetValues,
  type UnfinishedReplacement,
} from '@ack-secret-manager/core'

interface Stored {
  readonly observed: ObservedSecret
  readonly data: ReadonlyMap<string, Uint8Array>
}

/** Keeps targets in memory with the preconditions of the API server, and lets a test act as another user. */
export class MemoryWriter implements SecretWriter {
  readonly actions: TargetAction[] = []
  /** Names of targets that were read from the API server. */
  readonly observed: string[] = []
  /** Errors that the next calls of `apply` throw, one each. */
  readonly failures: SecretSyncError[] = []
  /** Replacements that an earlier process started. */
  readonly begun: UnfinishedReplacement[] = []
  /** The clock of the server that has the targets. */
  serverTime: (() => number) | undefined
  readonly #stored = new Map<string, Stored>()
  readonly #listeners = new Set<(change: TargetChange) => void>()
  readonly #digester: ContentDigester
  readonly #isCached: boolean
  #version = 0

  /** @param options.isCached false: `ownedBy` and `owned` have nothing, as for Secrets beyond a metadata budget. @default true */
  constructor(digester: ContentDigester, { isCached = true }: { readonly isCached?: boolean } = {}) {
    this.#digester = digester
    this.#isCached = isCached
  }

  observe(target: TargetRef, { fresh = false } = {}): Promise<ObservedSecret | undefined> {
    if (fresh) this.observed.push(target.name)
    return Promise.resolve(this.#stored.get(nameOf(target))?.observed)
  }

  inspect(target: TargetRef): Promise<ObservedSecret | undefined> {
    const stored = this.#stored.get(nameOf(target))
    return Promise.resolve(stored && this.#inspect(stored).observed)
  }

  readValues(target: TargetRef, { keys }: { readonly keys: readonly string[] }): Promise<TargetValues | undefined> {
    const stored = this.#stored.get(nameOf(target))
    if (!stored) return Promise.resolve(undefined)
    const values = new Map(
      keys.flatMap((key) => {
        const bytes = stored.data.get(key)
        return bytes ? [[key, new Sensitive(bytes)] as const] : []
      }),
    )
    const { observed, broken } = this.#inspect(stored)
    const edited = new Set(broken.filter((key) => values.has(key)))
    return Promise.resolve({ observed, values, edited })
  }

  serverTimeMs(): number | undefined {
    return this.serverTime?.()
  }

  #inspect(stored: Stored): { readonly observed: ObservedSecret; readonly broken: readonly string[] } {
    const { observed } = stored
    const records = new Map([...observed.records].map(([owner, record]) => [owner, this.#reDigest(stored, record)]))
    const broken = [...observed.records].flatMap(([owner, { keys, digestKeyId }]) => {
      const found = records.get(owner)?.keys
      const isSame = (key: string, digest: string): boolean =>
        found?.has(key) === true && (digestKeyId !== this.#digester.keyId || found.get(key)?.digest === digest)
      return [...keys].flatMap(([key, { digest }]) => (isSame(key, digest) ? [] : [key]))
    })
    return { observed: { ...observed, records, drifted: [...new Set([...observed.drifted, ...broken])] }, broken }
  }

  apply(action: TargetAction): Promise<ObservedSecret | undefined> {
    const failure = this.failures.shift()
    if (failure) return Promise.reject(failure)
    if (action.kind === 'finish') {
      this.actions.push(action)
      this.begun.splice(0)
      return this.observe(action.target)
    }
    const before = this.#stored.get(nameOf(action.target))
    if (action.kind === 'create' ? before : before?.observed.resourceVersion !== action.ifResourceVersion) {
      return Promise.reject(new SecretSyncError('Conflict', 'not as expected'))
    }
    this.actions.push(action)
    if (action.kind === 'release') {
      const after = before && released(before, action)
      if (after) this.#stored.set(nameOf(action.target), after)
      else this.#stored.delete(nameOf(action.target))
      return Promise.resolve(after?.observed)
    }
    if (action.kind === 'record') {
      if (!before) throw new Error('no target')
      const records = new Map(before.observed.records).set(action.ownerName, action.record)
      const observed = { ...before.observed, records, resourceVersion: String((this.#version += 1)) }
      this.#stored.set(nameOf(action.target), { ...before, observed })
      return Promise.resolve(observed)
    }
    const isReplacement = action.kind === 'replace'
    const data = new Map([...(before?.data ?? [])].filter(([key]) => !isReplacement || action.carry.includes(key)))
    for (const [key, bytes] of action.set) data.set(key, bytes.expose())
    if (action.kind === 'patch') for (const key of action.remove) data.delete(key)
    const { owner, record, target, type } = action
    const records = new Map(before?.observed.records)
    for (const name of (action.kind === 'patch' && action.formerOwners) || []) records.delete(name)
    const observed: ObservedSecret = {
      target,
      uid: (isReplacement ? undefined : before?.observed.uid) ?? `uid-${(this.#version += 1)}`,
      resourceVersion: String((this.#version += 1)),
      type,
      immutable: record.immutable === true,
      controller: controllerAfter(action, before?.observed.controller),
      records: records.set(owner.name, record),
      drifted: isReplacement
        ? []
        : (before?.observed.drifted ?? []).filter((key) => record.keys.has(key) && !action.set.has(key)),
      foreignKeys: new Set(),
      adoptRequested: false,
      metadataDrifted: false,
    }
    this.#stored.set(nameOf(target), { observed, data })
    return Promise.resolve(observed)
  }

  ownedBy(namespace: string, ownerName: string): ObservedSecret[] {
    return this.#isCached ? this.#ownedBy(namespace, ownerName) : []
  }

  targetsOf(namespace: string, ownerName: string): TargetRef[] {
    return this.#ownedBy(namespace, ownerName).map(({ target }) => target)
  }

  #ownedBy(namespace: string, ownerName: string): ObservedSecret[] {
    const owned: ObservedSecret[] = []
    for (const { observed } of this.#stored.values())
      if (observed.target.namespace === namespace && observed.records.has(ownerName)) owned.push(observed)
    return owned
  }

  *owned(): Generator<ObservedSecret> {
    for (const { observed } of this.#isCached ? this.#stored.values() : [])
      if (observed.records.size > 0) yield observed
  }

  unfinished({ namespace, name }: Partial<TargetRef> = {}): UnfinishedReplacement[] {
    return this.begun.filter(
      ({ target, ownerName }) => name === undefined || (target.namespace === namespace && ownerName === name),
    )
  }

  onChange(listener: (change: TargetChange) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  close(): Promise<void> {
    return Promise.resolve()
  }

  /** The content of a target as text. */
  textsOf(name: string, namespace: string = 'default'): Record<string, string> | undefined {
    const stored = this.#stored.get(`${namespace}/${name}`)
    if (!stored) return undefined
    return Object.fromEntries([...stored.data].map(([key, bytes]) => [key, new TextDecoder().decode(bytes)]))
  }

  /** A target that another user created. */
  putForeign(name: string): void {
    this.#stored.set(`default/${name}`, this.#foreign(name))
  }

  /** Another controller replaces a target by its own content, without records. */
  replaceForeign(name: string): void {
    this.#change(`default/${name}`, 'changed', () => this.#foreign(name))
  }

  /** Another user removes a managed key. */
  removeKey(name: string, key: string): void {
    this.#change(`default/${name}`, 'changed', ({ observed, data }) => ({
      observed: {
        ...observed,
        drifted: [...new Set([...observed.drifted, key])],
        resourceVersion: String((this.#version += 1)),
      },
      data: new Map([...data].filter(([each]) => each !== key)),
    }))
  }

  #foreign(name: string): Stored {
    const target = { namespace: 'default', name }
    const observed: ObservedSecret = {
      target,
      uid: 'uid-foreign',
      resourceVersion: `foreign-${(this.#version += 1)}`,
      type: 'Opaque',
      immutable: false,
      controller: undefined,
      records: new Map(),
      drifted: [],
      foreignKeys: new Set(['theirs']),
      adoptRequested: false,
      metadataDrifted: false,
    }
    return { observed, data: new Map([['theirs', new TextEncoder().encode('x')]]) }
  }

  /** Another user changes the metadata of a Secret that the writer does not watch. */
  editForeign(name: string, change: Partial<ObservedSecret>): void {
    const stored = this.#stored.get(`default/${name}`)
    if (!stored) throw new Error(`no target ${name}`)
    const observed = { ...stored.observed, resourceVersion: String((this.#version += 1)), ...change }
    this.#stored.set(`default/${name}`, { ...stored, observed })
  }

  /** Another user deletes a Secret that the writer does not watch. */
  removeForeign(name: string): void {
    this.#stored.delete(`default/${name}`)
  }

  /** Another user changes a managed key. */
  tamper(name: string, key: string, namespace: string = 'default', text: string = 'tampered'): void {
    this.#change(`${namespace}/${name}`, 'changed', (stored) => ({
      observed: {
        ...stored.observed,
        drifted: [...new Set([...stored.observed.drifted, key])],
        resourceVersion: String((this.#version += 1)),
      },
      data: new Map(stored.data).set(key, new TextEncoder().encode(text)),
    }))
  }

  /** The garbage collector takes the ownerReference off a target. */
  orphan(name: string): void {
    this.#change(`default/${name}`, 'changed', ({ observed, data }) => ({
      observed: {
        ...observed,
        controller: undefined,
        metadataDrifted: true,
        resourceVersion: String((this.#version += 1)),
      },
      data,
    }))
  }

  /** Another user removes the record of a target. */
  strip(name: string): void {
    this.#change(`default/${name}`, 'changed', ({ observed, data }) => ({
      observed: { ...observed, records: new Map(), resourceVersion: String((this.#version += 1)) },
      data,
    }))
  }

  /** Another replica writes its values. */
  rewrite(name: string, key: string, text: string, versionId: string): void {
    this.#change(`default/${name}`, 'rewritten', ({ observed, data }) => {
      const bytes = new TextEncoder().encode(text)
      const digest = this.#digester.digest(observed.target, key, bytes)
      const records = [...observed.records].map(([owner, record]) => {
        const before = record.keys.get(key)
        const keys = new Map(record.keys)
        if (before) keys.set(key, { ...before, versionId, digest })
        return [owner, { ...record, keys }] as const
      })
      return {
        observed: { ...observed, records: new Map(records), resourceVersion: String((this.#version += 1)) },
        data: new Map(data).set(key, bytes),
      }
    })
  }

  /** Another user deletes a managed target. */
  remove(name: string, namespace: string = 'default'): void {
    this.#change(`${namespace}/${name}`, 'deleted', () => undefined)
  }

  #change(key: string, kind: TargetChange['kind'], change: (stored: Stored) => Stored | undefined): void {
    const stored = this.#stored.get(key)
    if (!stored) throw new Error(`no target ${key}`)
    const next = change(stored)
    if (next) this.#stored.set(key, next)
    else this.#stored.delete(key)
    const { target, records, uid } = stored.observed
    const madeByOthers = kind === 'deleted' && uid === 'uid-foreign' ? ({ madeByOthers: true } as const) : {}
    for (const listener of this.#listeners) listener({ target, kind, ownerNames: [...records.keys()], ...madeByOthers })
  }

  #reDigest({ observed, data }: Stored, record: OwnerRecord): OwnerRecord {
    const keys = new Map<string, KeyRecord>()
    for (const [key, facts] of record.keys) {
      const bytes = data.get(key)
      if (bytes) keys.set(key, { ...facts, digest: this.#digester.digest(observed.target, key, bytes) })
    }
    return { ...record, keys, digestKeyId: this.#digester.keyId }
  }
}

/** The controller of a target after a write: its owner, unless the garbage collector must not delete the target. */
function controllerAfter(
  { owner: { kind, name, uid }, record }: CreateAction | PatchAction | ReplaceAction,
  before: ObservedSecret['controller'],
): ObservedSecret['controller'] {
  if (record.creation === 'owner' && record.deletion === 'delete') return { kind, name, uid }
  return before?.uid === uid ? undefined : before
}

/** The rest of a target; undefined if it is deleted. */
function released({ observed, data }: Stored, action: ReleaseAction): Stored | undefined {
  if (action.how === 'delete') return undefined
  const records = new Map(observed.records)
  records.delete(action.ownerName)
  const left = new Map(data)
  for (const key of action.removeKeys) left.delete(key)
  return { observed: { ...observed, records }, data: left }
}

function nameOf(target: TargetRef): string {
  return `${target.namespace}/${target.name}`
}
