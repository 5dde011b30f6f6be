import { type KubeClient, Reflector, type ReflectorFault } from '@ack-secret-manager/k8s-client'

/** Each is a connection that stays open; objects beyond are only looked at when their store is. */
const MAX_WATCHES = 128

/** Names an object of a namespace. */
export interface ObjectName {
  readonly namespace: string
  readonly name: string
}

/** Options of a {@link NamedObjectsWatch}. */
export interface NamedObjectsWatchOptions {
  readonly client: KubeClient
  /** Collection over all namespaces: `/api/v1/secrets`. */
  readonly path: string
  /** The object appeared, changed or went. */
  readonly onChange: (object: ObjectName) => void
  readonly onFault: (fault: ReflectorFault) => void
}

/**
 * Notices at once when a credential changes. One watch for each object, by name and of its metadata alone: no right to watch
 * all Secrets is used, and no value is seen.
 */
export class NamedObjectsWatch {
  readonly #options: NamedObjectsWatchOptions
  readonly #watches = new Map<string, { readonly stop: AbortController; readonly done: Promise<void> }>()
  #isComplete = true
  #isClosed = false

  constructor(options: NamedObjectsWatchOptions) {
    this.#options = options
  }

  /** All that was asked for is watched. */
  get isComplete(): boolean {
    return this.#isComplete
  }

  /** Watches exactly these from now on, or as many of them as there may be. */
  watch(objects: readonly ObjectName[]): void {
    // Work that was cancelled may get here late; a watch that begins now would have nobody to end it.
    if (this.#isClosed) return
    const wanted = new Map(objects.map((object) => [`${object.namespace}/${object.name}`, object]))
    for (const [key, { stop }] of this.#watches) {
      if (wanted.has(key)) continue
      stop.abort()
      this.#watches.delete(key)
    }
    for (const [key, object] of wanted) {
      if (!this.#watches.has(key) && this.#watches.size < MAX_WATCHES) this.#start(key, object)
    }
    this.#isComplete = this.#watches.size === wanted.size
  }

  async close(): Promise<void> {
    this.#isClosed = true
    const watches = [...this.#watches.values()]
    this.#watches.clear()
    for (const { stop } of watches) stop.abort()
    await Promise.all(watches.map(({ done }) => done))
  }

  #start(key: string, { namespace, name }: ObjectName): void {
    const { client, path, onChange, onFault } = this.#options
    const stop = new AbortController()
    const reflector = new Reflector<string>({
      client,
      path,
      namespaces: [namespace],
      fieldSelector: `metadata.name=${name}`,
      metadataOnly: true,
      project: ({ metadata }) => metadata.resourceVersion ?? '',
      // The first look counts too: the object may have changed since it was read.
      onChange: () => onChange({ namespace, name }),
      onFault,
    })
    this.#watches.set(key, { stop, done: reflector.run({ signal: stop.signal }) })
  }
}
