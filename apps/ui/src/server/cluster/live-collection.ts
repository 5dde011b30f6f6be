import { type Clock, defined, isSecretSyncError, sleep, toSecretSyncError } from '@ack-secret-manager/core'
import {
  ACCEPT_METADATA_LIST,
  inNamespace,
  isKubeApiError,
  type KubeClient,
  type KubeObject,
  listPages,
  objectKey,
  Reflector,
  type ReflectorFault,
} from '@ack-secret-manager/k8s-client'
import { isDeepStrictEqual } from 'node:util'
import type { AccessView, ReadKind, ReadState } from '../../model/views/access.ts'

/** A user who may not watch gets a list at this interval. */
const POLL_MS = 10_000
/** When a kind is tried again that is forbidden or absent. */
const RECHECK_MS = 60_000
/** A watch that ends and begins again at once is no outage. */
const OUTAGE_MS = 3_000
const MAX_MESSAGE = 500

/** Options of {@link LiveCollection}. */
export interface LiveCollectionOptions<T, Kind extends string = ReadKind> {
  readonly client: KubeClient
  readonly kind: Kind
  /** Over all namespaces. */
  readonly path: string
  /** Undefined for all. */
  readonly namespace: string | undefined
  readonly labelSelector?: string
  readonly fieldSelector?: string
  /** Ask for `metadata` only. @default false */
  readonly metadataOnly?: boolean
  /** The first of {@link orderBy} are dropped beyond it. @default no limit */
  readonly maxObjects?: number
  /** @default the order in which objects came */
  readonly orderBy?: (object: T) => string
  /** What to run to see the kind if it is forbidden. @default nothing helps */
  readonly hintForbidden?: string | undefined
  /** The part of an object to keep; undefined for nothing. */
  readonly project: (raw: KubeObject) => T | undefined
  /** Objects or the state have changed. */
  readonly onChange: () => void
  readonly clock: Clock
  /** @default 10_000 */
  readonly pollMs?: number
  /** @default 60_000 */
  readonly recheckMs?: number
}

/** Why a watch ended for good. */
type WatchEnd = 'forbidden' | 'absent' | 'not-watchable' | 'stopped'

/** One kind of the cluster, kept up to date: watched, else listed at intervals, else known as forbidden or absent. Never fails. */
export class LiveCollection<T, Kind extends string = ReadKind> {
  readonly kind: Kind
  readonly #options: LiveCollectionOptions<T, Kind>
  readonly #objects = new Map<string, T>()
  /** resourceVersions of the last list while polling. */
  readonly #versions = new Map<string, string>()
  #reflector: Reflector<undefined> | undefined
  /** What the reflector reports next. It keeps no objects, so that this is the only copy. */
  #projected: T | undefined
  readonly #waiting = new Set<() => void>()
  #state: ReadState = 'loading'
  #since: number
  #message = ''
  #failingSince: number | undefined
  #isUnauthenticated = false
  /** Of the reflector when it was made: it counts as activity there. */
  #openedMs = 0
  #listedMs = 0

  constructor(options: LiveCollectionOptions<T, Kind>) {
    this.kind = options.kind
    this.#options = options
    this.#since = options.clock.now()
  }

  /** Undefined if the user may not list the kind. */
  get visible(): readonly T[] | undefined {
    return this.#state === 'forbidden' ? undefined : [...this.#objects.values()]
  }

  values(): IterableIterator<T> {
    return this.#objects.values()
  }

  /** @param key `namespace/name`, or the name of a cluster-scoped object */
  get(key: string): T | undefined {
    return this.#objects.get(key)
  }

  get state(): ReadState {
    return this.#state
  }

  /** Resolves when the first read has a result, of whatever kind, or when the signal aborts. */
  read(signal: AbortSignal): Promise<void> {
    if (this.#state !== 'loading' || signal.aborted) return Promise.resolve()
    return new Promise((resolve) => {
      const done = (): void => {
        this.#waiting.delete(done)
        signal.removeEventListener('abort', done)
        resolve()
      }
      this.#waiting.add(done)
      signal.addEventListener('abort', done, { once: true })
    })
  }

  /** Monotonic time of the last data from the API server; 0 before the first. */
  get lastActivityMs(): number {
    const { lastActivityMs = 0 } = this.#reflector?.stats ?? {}
    return Math.max(this.#listedMs, lastActivityMs > this.#openedMs ? lastActivityMs : 0)
  }

  /** The API server does not know the user. */
  get isUnauthenticated(): boolean {
    return this.#isUnauthenticated
  }

  get view(): Omit<AccessView, 'kind'> & { readonly kind: Kind } {
    return {
      kind: this.kind,
      state: this.#state,
      count: this.#objects.size,
      since: new Date(this.#since).toISOString(),
      message: this.#message,
      hint: this.#state === 'forbidden' ? (this.#options.hintForbidden ?? '') : '',
    }
  }

  /** Runs until the signal aborts. Call it once. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, recheckMs = RECHECK_MS } = this.#options
    while (!signal.aborted) {
      const end = await this.#watch(signal)
      if (end === 'stopped') return
      if (end === 'not-watchable') await this.#poll(signal)
      else {
        this.#clear()
        this.#enter(end, this.#message)
        await sleep(recheckMs, { clock, signal }).catch(() => undefined)
      }
    }
  }

  /** Notices that an outage lasts, or has ended. Call it at intervals. */
  tick(): void {
    const { clock } = this.#options
    if (this.#failingSince === undefined) return
    if (this.#reflector?.stats.watching === true && this.#reflector.hasSynced) this.#recover('live')
    else if (clock.now() - this.#failingSince >= OUTAGE_MS && this.#state !== 'disconnected') {
      this.#enter('disconnected', this.#message, this.#failingSince)
    }
  }

  async #watch(outer: AbortSignal): Promise<WatchEnd> {
    const { client, path, namespace, labelSelector, fieldSelector, metadataOnly, project } = this.#options
    const stopping = new AbortController()
    let end: WatchEnd = 'stopped'
    const stop = (why: WatchEnd, message: string): void => {
      if (stopping.signal.aborted) return
      end = why
      this.#message = message
      stopping.abort()
    }
    await using reflector = new Reflector<undefined>({
      client,
      path,
      ...(namespace === undefined ? {} : { namespaces: [namespace] }),
      ...defined({ labelSelector, fieldSelector, metadataOnly }),
      project: (raw) => {
        this.#projected = project(raw)
        return undefined
      },
      onChange: ({ kind, key }) => {
        const isChanged = kind === 'deleted' ? this.#objects.delete(key) : this.#keep(key, this.#projected)
        if (isChanged && this.#state !== 'loading') this.#options.onChange()
      },
      onListed: () => this.#recover('live'),
      onFault: (fault) => {
        const message = messageOf(fault.error)
        if (isKubeApiError(fault.error, 403)) stop(fault.during === 'watch' ? 'not-watchable' : 'forbidden', message)
        else if (isKubeApiError(fault.error, 404)) stop('absent', message)
        else this.#fail(fault)
      },
    })
    this.#reflector = reflector
    this.#openedMs = reflector.stats.lastActivityMs
    await reflector.run({ signal: AbortSignal.any([outer, stopping.signal]) })
    this.#reflector = undefined
    return outer.aborted ? 'stopped' : end
  }

  /** Lists at intervals until a list is refused, and then gives watching another chance. */
  async #poll(signal: AbortSignal): Promise<void> {
    const { clock, pollMs = POLL_MS } = this.#options
    while (!signal.aborted) {
      try {
        await this.#listOnce(signal)
        this.#listedMs = clock.monotonic()
        this.#recover('polling')
      } catch (error) {
        if (signal.aborted) return
        if (isKubeApiError(error, 403) || isKubeApiError(error, 404)) return
        this.#fail({ error: isKubeApiError(error) ? error : toSecretSyncError(error, `list ${this.#options.path}`) })
      }
      await sleep(pollMs, { clock, signal }).catch(() => undefined)
    }
  }

  async #listOnce(signal: AbortSignal): Promise<void> {
    const { client, namespace, labelSelector, fieldSelector, metadataOnly, project, onChange } = this.#options
    const accept = metadataOnly === true ? { accept: ACCEPT_METADATA_LIST } : {}
    const path = namespace === undefined ? this.#options.path : inNamespace(this.#options.path, namespace)
    const seen = new Set<string>()
    let isChanged = false
    for await (const page of listPages(path, { client, signal, query: { labelSelector, fieldSelector }, ...accept })) {
      for (const raw of page.items) {
        const key = objectKey(raw.metadata)
        const version = raw.metadata.resourceVersion ?? ''
        seen.add(key)
        if (this.#versions.get(key) === version) continue
        this.#versions.set(key, version)
        isChanged = this.#keep(key, project(raw)) || isChanged
      }
    }
    for (const key of [...this.#versions.keys(), ...this.#objects.keys()]) {
      if (seen.has(key)) continue
      this.#versions.delete(key)
      isChanged = this.#objects.delete(key) || isChanged
    }
    if (isChanged) onChange()
  }

  /** Keeps what is shown of an object; false if that did not change, so that an equal object stays the same one. */
  #keep(key: string, object: T | undefined): boolean {
    if (object === undefined) return this.#objects.delete(key)
    const known = this.#objects.get(key)
    if (known !== undefined && isDeepStrictEqual(known, object)) return false
    this.#objects.set(key, object)
    const { maxObjects = Infinity } = this.#options
    if (this.#objects.size > maxObjects) this.#objects.delete(this.#first())
    return this.#objects.has(key)
  }

  /** Key of the object to drop first. A map is in the order in which objects came. */
  #first(): string {
    const { orderBy = () => '' } = this.#options
    let first: { readonly key: string; readonly order: string } | undefined
    for (const [key, object] of this.#objects) {
      const order = orderBy(object)
      if (first === undefined || order < first.order) first = { key, order }
    }
    return first?.key ?? ''
  }

  #fail({ error }: Pick<ReflectorFault, 'error'>): void {
    this.#message = messageOf(error)
    this.#isUnauthenticated =
      isKubeApiError(error, 401) || (isSecretSyncError(error) && error.code === 'Unauthenticated')
    this.#failingSince ??= this.#options.clock.now()
    if (this.#isUnauthenticated) this.#options.onChange()
  }

  #recover(state: 'live' | 'polling'): void {
    const wasUnauthenticated = this.#isUnauthenticated
    this.#failingSince = undefined
    this.#isUnauthenticated = false
    // Also where the state did not change, because a watch began again before it counted as an outage.
    if (this.#state !== state || this.#message !== '') this.#enter(state, '')
    else if (wasUnauthenticated) this.#options.onChange()
  }

  #enter(state: ReadState, message: string, since = this.#options.clock.now()): void {
    if (this.#state !== state) this.#since = since
    this.#state = state
    this.#message = message
    if (state === 'forbidden' || state === 'absent') {
      this.#failingSince = undefined
      this.#isUnauthenticated = false
    }
    for (const done of this.#waiting) done()
    this.#options.onChange()
  }

  #clear(): void {
    this.#objects.clear()
    this.#versions.clear()
  }
}

function messageOf({ message }: Error): string {
  return message.slice(0, MAX_MESSAGE)
}
