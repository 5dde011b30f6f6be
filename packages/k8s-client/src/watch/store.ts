import { type KubeObject, objectKey } from '../client/kube-object.ts'

/** What happened to an object. A re-created object (another uid under the same name) comes as `deleted`, then `added`. */
export type ObjectChange<T> =
  | { readonly kind: 'added'; readonly key: string; readonly object: T }
  | { readonly kind: 'updated'; readonly key: string; readonly object: T; readonly previous: T }
  | { readonly kind: 'deleted'; readonly key: string; readonly previous: T }

interface Entry<T> {
  readonly object: T
  readonly resourceVersion: string
  readonly uid: string
}

/** Options of {@link ObjectStore}. */
export interface ObjectStoreOptions<T> {
  readonly project: (raw: KubeObject) => T
  readonly onChange: (change: ObjectChange<T>) => void
  /** `project` or `onChange` threw, on the object named by `key`. */
  readonly onThrow: (during: 'project' | 'handler', key: string, error: unknown) => void
}

/** Projections by key, and the changes that lead from one state to the next. */
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

  *entries(): Generator<[string, T], void, void> {
    for (const [key, entry] of this.#entries) yield [key, entry.object]
  }

  *values(): Generator<T, void, void> {
    for (const entry of this.#entries.values()) yield entry.object
  }

  /** The object is as given. The same version again changes nothing. */
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
    this.#tell(isSame ? { kind: 'updated', key, object, previous: before.object } : { kind: 'added', key, object })
    return key
  }

  remove(key: string): void {
    const before = this.#entries.get(key)
    if (before) this.#drop(key, before)
  }

  /** A whole list was read: what it did not hold is gone. `namespace` says that it covered only that one. */
  retain(seen: ReadonlySet<string>, namespace?: string): void {
    const prefix = namespace === undefined ? '' : `${namespace}/`
    for (const key of this.#entries.keys()) if (key.startsWith(prefix) && !seen.has(key)) this.remove(key)
  }

  #drop(key: string, { object }: Entry<T>): void {
    this.#entries.delete(key)
    this.#tell({ kind: 'deleted', key, previous: object })
  }

  #tell(change: ObjectChange<T>): void {
    try {
      this.#options.onChange(change)
    } catch (error) {
      this.#options.onThrow('handler', change.key, error)
    }
  }
}
