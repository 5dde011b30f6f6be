import { type Clock, isSecretSyncError, sleep, toSecretSyncError } from '@ack-secret-manager/core'
import {
  inNamespace,
  isKubeApiError,
  type KubeClient,
  type KubeObject,
  listPages,
  objectKey,
  Reflector,
  type ReflectorFault,
} from '@ack-secret-manager/k8s-client'
import type { AccessView, ReadKind, ReadState } from '../../model/views/access.ts'

/** A user who may not watch gets a list at this interval. */
const POLL_MS = 10_000
/** When a kind is tried again that is forbidden or absent. */
const RECHECK_MS = 60_000
/** A watch that ends and begins again at once is no outage. */
const OUTAGE_MS = 3_000
const MAX_MESSAGE = 500

/** Options of {@link LiveCollection}. */
export interface LiveCollectionOptions<T> {
  readonly client: KubeClient
  readonly kind: ReadKind
  /** Over all namespaces. */
  readonly path: string
  /** Undefined for all. */
  readonly namespace: string | undefined
  readonly labelSelector?: string
  readonly fieldSelector?: string
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
export class LiveCollection<T> {
  readonly kind: ReadKind
  readonly #options: LiveCollectionOptions<T>
  readonly #objects = new Map<string, T>()
  /** resourceVersions of the last list while polling. */
  readonly #versions = new Map<string, string>()
  #reflector: Reflector<T | undefined> | undefined
  #state: ReadState = 'loading'
  #since: number
  #message = ''
  #failingSince: number | undefined
  #isUnauthenticated = false

  constructor(options: LiveCollectionOptions<T>) {
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

  /** The API server does not know the user. */
  get isUnauthenticated(): boolean {
    return this.#isUnauthenticated
  }

  get view(): AccessView {
    const isHelped =
      this.#state === 'forbidden' && this.#options.namespace === undefined && !this.kind.startsWith('Cluster')
    return {
      kind: this.kind,
      state: this.#state,
      count: this.#objects.size,
      since: new Date(this.#since).toISOString(),
      message: this.#message,
      hint: isHelped ? 'acksm ui -n NAMESPACE' : '',
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
    const { client, path, namespace, labelSelector, fieldSelector, project, onChange } = this.#options
    const stopping = new AbortController()
    let end: WatchEnd = 'stopped'
    const stop = (why: WatchEnd, message: string): void => {
      if (stopping.signal.aborted) return
      end = why
      this.#message = message
      stopping.abort()
    }
    await using reflector = new Reflector<T | undefined>({
      client,
      path,
      ...(namespace === undefined ? {} : { namespaces: [namespace] }),
      ...(labelSelector === undefined ? {} : { labelSelector }),
      ...(fieldSelector === undefined ? {} : { fieldSelector }),
      project,
      onChange: (change) => {
        if (change.kind === 'deleted' || change.object === undefined) this.#objects.delete(change.key)
        else this.#objects.set(change.key, change.object)
        if (this.#state !== 'loading') onChange()
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
    const { client, namespace, labelSelector, fieldSelector, project, onChange } = this.#options
    const path = namespace === undefined ? this.#options.path : inNamespace(this.#options.path, namespace)
    const seen = new Set<string>()
    let isChanged = false
    for await (const page of listPages(path, { client, signal, query: { labelSelector, fieldSelector } })) {
      for (const raw of page.items) {
        const key = objectKey(raw.metadata)
        const version = raw.metadata.resourceVersion ?? ''
        seen.add(key)
        if (this.#versions.get(key) === version) continue
        this.#versions.set(key, version)
        isChanged = true
        const object = project(raw)
        if (object === undefined) this.#objects.delete(key)
        else this.#objects.set(key, object)
      }
    }
    for (const key of [...this.#versions.keys(), ...this.#objects.keys()]) {
      if (seen.has(key)) continue
      this.#versions.delete(key)
      isChanged = this.#objects.delete(key) || isChanged
    }
    if (isChanged) onChange()
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
    if (this.#state !== state) this.#enter(state, '')
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
