import { type KubeObject, type ObjectMeta, objectKey } from '../client/kube-object.ts'

/** A change of an object. A recreated object (same name, other uid) is reported as `deleted`, then `added`. */
export type ObjectChange<T> =
  | { readonly kind: 'added'; readonly key: string; readonly object: T }
  | { readonly kind: 'updated'; readonly key: string; readonly object: T; readonly previous: T }
  | { readonly kind: 'deleted'; readonly key: string; readonly previous: T }

interface Entry<T> {
  readonly object: T
  readonly resourceVersion: string
  readonly uid: string
}

export interface ObjectStoreOptions<T> {
  readonly project: (raw: KubeObject) => T
  readonly onChange: (change: ObjectChange<T>) => void
  /** `project` or `onChange` threw for the object `key`. */
  readonly onThrow: (during: 'project' | 'handler', key: string, error: unknown) => void
}

/** Stores projections by key and reports their changes. */
export class ObjectStore<T> {
  readonly #entries = new Map<string, Entry<T>>()
  readonly #options: ObjectStoreOptions<T>

  constructor(options: ObjectStoreOptions<T>) {
    this.#options = options
  }

  get size(): number {
    return this.#entries.size
  }

  get(key: string): T | undefined {
    return this.#entries.get(key)?.object
  }

  /** The resourceVersion of an object that is in the store with the same uid. */
  versionOf(metadata: ObjectMeta): string | undefined {
    const entry = this.#entries.get(objectKey(metadata))
    return entry?.uid === (metadata.uid ?? '') ? entry.resourceVersion : undefined
  }

  *entries(): Generator<[string, T], void, void> {
    for (const [key, entry] of this.#entries) yield [key, entry.object]
  }

  *values(): Generator<T, void, void> {
    for (const entry of this.#entries.values()) yield entry.object
  }

  /** Adds or updates an object. The same version again is ignored. */
  upsert(raw: KubeObject): string {
    const key = objectKey(raw.metadata)
    const { resourceVersion = '', uid = '' } = raw.metadata
    const before = this.#entries.get(key)
    if (before && before.uid === uid && before.resourceVersion === resourceVersion) return key
    let object: T
    try {
      object = this.#options.project(raw)
    } catch (error) {
      this.#options.onThrow('project', key, error)
      return key
    }
    const isSame = before !== undefined && before.uid === uid
    if (before && !isSame) this.#drop(key, before)
    this.#entries.set(key, { object, resourceVersion, uid })
    this.#notify(isSame ? { kind: 'updated', key, object, previous: before.object } : { kind: 'added', key, object })
    return key
  }

  remove(key: string): void {
    const before = this.#entries.get(key)
    if (before) this.#drop(key, before)
  }

  /** Removes all objects that a complete list did not contain; only those of `namespace` if it is set. */
  retain(seen: ReadonlySet<string>, namespace?: string): void {
    const prefix = namespace === undefined ? '' : `${namespace}/`
    for (const key of this.#entries.keys()) if (key.startsWith(prefix) && !seen.has(key)) this.remove(key)
  }

  #drop(key: string, { object }: Entry<T>): void {
    this.#entries.delete(key)
    this.#notify({ kind: 'deleted', key, previous: object })
  }

  #notify(change: ObjectChange<T>): void {
    try {
      this.#options.onChange(change)
    } catch (error) {
      this.#options.onThrow('handler', change.key, error)
    }
  }
}
