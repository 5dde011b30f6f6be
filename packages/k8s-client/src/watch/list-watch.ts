import { type Clock, isSecretSyncError, SecretSyncError, sleep, toSecretSyncError } from '@ack-secret-manager/core'
import { isKubeApiError, type KubeApiError } from '../client/kube-api-error.ts'
import type { KubeClient } from '../client/kube-client.ts'
import { type KubeList, type KubeObject, type ObjectMeta, objectKey } from '../client/kube-object.ts'
import { LineSplitter } from './line-splitter.ts'
import { listPages } from './list-pages.ts'
import { ACCEPT_METADATA, ACCEPT_METADATA_LIST, JSON_TYPE } from '../client/media-types.ts'
import { requestInfo } from '../client/request-info.ts'
import { compareResourceVersions } from '../client/resource-version.ts'
import { idleSignal } from './idle-signal.ts'
import { WatchBackoff } from './watch-backoff.ts'
import { statusError } from '../client/status-error.ts'
import { checkList, parseWatchEvent, resourceVersionOf, type WatchEvent } from './decode-event.ts'

/** Receives the list and watch results of one collection. */
export interface ListWatchHandler {
  /** The object was added or changed. Returns its key. */
  upsert(object: KubeObject): string
  remove(key: string): void
  /** A list completed; it contained exactly these keys at this resourceVersion. */
  onListed(seen: ReadonlySet<string>, resourceVersion: string): void
  /** All changes up to this resourceVersion have been delivered. */
  onResourceVersion(resourceVersion: string): void
  /** Data arrived from the API server. */
  onActivity(): void
  onFault(during: 'list' | 'watch' | 'decode', error: KubeApiError | SecretSyncError, retryInMs: number): void
  /** The last resourceVersion of an object, if its uid is the same. */
  versionOf(metadata: ObjectMeta): string | undefined
  /**
   * A list is older than the last resourceVersion, or contains an older object. Called before its objects are delivered; undefined to
   * accept it.
   */
  readonly onRollback: ((reached: string, listed: string) => void) | undefined
}

/** Options of {@link ListWatch}, defaults applied. */
export interface ListWatchOptions {
  readonly client: Pick<KubeClient, 'list' | 'stream'>
  readonly path: string
  readonly handler: ListWatchHandler
  readonly clock: Clock
  readonly random: () => number
  readonly labelSelector: string | undefined
  readonly fieldSelector: string | undefined
  readonly metadataOnly: boolean
  readonly pageSize: number
  readonly maxLineBytes: number
  readonly watchTimeoutMs: number
  readonly idleTimeoutMs: number
  readonly relistIntervalMs: number
  readonly backoff: { readonly baseMs: number; readonly maxMs: number }
}

/** Options of a refresh. */
export interface RefreshOptions {
  readonly maxAgeMs: number
  readonly signal: AbortSignal
}

/** Restarts of one list after its continue token expired. */
const MAX_LIST_RESTARTS = 3

/** Delay of the periodic list after a failure, ± 10 %. The watch continues meanwhile, because a LIST can fail where a WATCH works. */
const RELIST_RETRY_MS = 600_000

/** Errors of a watch after which the same resourceVersion can be used again. */
const RESUMABLE = new Set([401, 403, 429, 500, 502, 503])

/** Progress of one list-and-watch cycle. */
interface Cycle {
  during: 'list' | 'watch' | 'decode'
  openedAtMs: number | undefined
}

/** Lists and watches one collection until stopped. Resumes a watch if possible, otherwise lists again. */
export class ListWatch {
  readonly #options: ListWatchOptions
  readonly #backoff: WatchBackoff
  /** Start of the next watch; undefined if a list must come first. */
  #resumeFrom: string | undefined
  #lastResourceVersion: string | undefined
  #relistAtMs = 0
  #listedAtMs = -Infinity
  #isWatching = false
  /** Callers that wait for a list. */
  readonly #requests = new Set<PromiseWithResolvers<void>>()
  /** Ends a watch or a pause, because a list was requested. */
  #interruption = new AbortController()
  #lists = 0
  #watches = 0

  constructor(options: ListWatchOptions) {
    this.#options = options
    this.#backoff = new WatchBackoff(options)
  }

  get stats(): { readonly watching: boolean; readonly lists: number; readonly watches: number } {
    return { watching: this.#isWatching, lists: this.#lists, watches: this.#watches }
  }

  /**
   * Lists again now, unless the last list was applied at most `maxAgeMs` ago and the watch is open, or no list has succeeded yet. Resolves when
   * a list that began after the call was applied. Rejects when the signal aborts; then the watch goes on.
   */
  async refresh({ maxAgeMs, signal }: RefreshOptions): Promise<void> {
    const ageMs = this.#options.clock.monotonic() - this.#listedAtMs
    if (ageMs === Infinity || (this.#isWatching && ageMs <= maxAgeMs)) return
    const request = Promise.withResolvers<void>()
    const giveUp = (): void => request.reject(signal.reason)
    if (signal.aborted) giveUp()
    signal.addEventListener('abort', giveUp, { once: true })
    this.#requests.add(request)
    this.#interruption.abort()
    try {
      await request.promise
    } finally {
      this.#requests.delete(request)
      signal.removeEventListener('abort', giveUp)
    }
  }

  /** Resolves when the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, handler } = this.#options
    while (!signal.aborted) {
      this.#interruption = new AbortController()
      const { signal: interrupted } = this.#interruption
      const until = AbortSignal.any([signal, interrupted])
      const cycle: Cycle = { during: 'list', openedAtMs: undefined }
      let error: KubeApiError | SecretSyncError | undefined
      try {
        await this.#runCycle(cycle, until)
      } catch (thrown) {
        if (signal.aborted) return
        if (interrupted.aborted) continue
        error = isKubeApiError(thrown) ? thrown : toSecretSyncError(thrown, `${cycle.during} ${this.#options.path}`)
        this.#afterError(error, cycle)
      }
      if (signal.aborted) return
      const livedMs = cycle.openedAtMs === undefined ? 0 : clock.monotonic() - cycle.openedAtMs
      const pauseMs = this.#backoff.next({ livedMs, failed: error !== undefined, retryAfterMs: retryAfterOf(error) })
      if (error) handler.onFault(cycle.during, error, pauseMs)
      if (pauseMs === 0) continue
      await sleep(pauseMs, { clock, signal: until }).catch(() => {
        // Aborted: the loop exits, or lists.
      })
    }
  }

  async #runCycle(cycle: Cycle, signal: AbortSignal): Promise<void> {
    const { clock, random, relistIntervalMs, handler } = this.#options
    if (this.#resumeFrom === undefined || this.#requests.size > 0 || clock.monotonic() >= this.#relistAtMs) {
      const requests = [...this.#requests]
      this.#resumeFrom = await this.#list(signal)
      for (const request of requests) request.resolve()
      this.#listedAtMs = clock.monotonic()
      this.#relistAtMs = clock.monotonic() + jittered(relistIntervalMs, random)
    } else if (handler.onRollback) await this.#probe(signal)
    cycle.during = 'watch'
    await this.#watch(this.#resumeFrom, cycle, signal)
  }

  /** Chooses between resume and list: after a lost or invalid event only a list restores the state. */
  #afterError(error: KubeApiError | SecretSyncError, cycle: Cycle): void {
    const { clock, random } = this.#options
    const isUnreadable = isSecretSyncError(error) && error.code === 'InvalidResponse'
    if (cycle.during === 'watch' && isUnreadable) cycle.during = 'decode'
    const isGone = isKubeApiError(error) && cycle.during === 'watch' && !RESUMABLE.has(error.status)
    if (isGone || cycle.during === 'decode') this.#resumeFrom = undefined
    if (cycle.during === 'list') {
      this.#relistAtMs = Math.max(this.#relistAtMs, clock.monotonic() + jittered(RELIST_RETRY_MS, random))
    }
  }

  get #countingClient(): Pick<KubeClient, 'list'> {
    return {
      list: (path, options) => {
        this.#lists += 1
        return this.#options.client.list(path, options)
      },
    }
  }

  async #list(signal: AbortSignal): Promise<string> {
    for (let restart = 0; ; restart += 1) {
      try {
        return await this.#listOnce(signal)
      } catch (error) {
        if (!isKubeApiError(error, 410) || restart >= MAX_LIST_RESTARTS) throw error
      }
    }
  }

  /**
   * Reads all pages. The request has no resourceVersion, so the API server returns its newest state. All pages have one version: the
   * inconsistent continue token of a 410 is not used.
   */
  async #listOnce(signal: AbortSignal): Promise<string> {
    const { path, handler, pageSize, labelSelector, fieldSelector, metadataOnly } = this.#options
    const accept = metadataOnly ? ACCEPT_METADATA_LIST : JSON_TYPE
    const seen = new Set<string>()
    const query = { labelSelector, fieldSelector }
    let resourceVersion = ''
    for await (const page of listPages(path, { client: this.#countingClient, query, accept, pageSize, signal })) {
      handler.onActivity()
      this.#checkForRollback(page, signal)
      for (const object of page.items) seen.add(handler.upsert(object))
      resourceVersion = resourceVersionOf({ metadata: page.metadata })
    }
    handler.onListed(seen, resourceVersion)
    this.#lastResourceVersion = resourceVersion
    return resourceVersion
  }

  /**
   * Lists one object to read the current resourceVersion. A watch does not report it: the API server (1.36) opens a watch from a
   * future version and sends nothing, not even a bookmark, until that version exists. An API server that rejects the list, as with a 429, may
   * accept the watch; after a 503 there is no API server.
   */
  async #probe(signal: AbortSignal): Promise<void> {
    const { path, handler, labelSelector, fieldSelector } = this.#options
    const query = { limit: 1, labelSelector, fieldSelector }
    let page: KubeList
    try {
      page = checkList(await this.#countingClient.list(path, { query, accept: ACCEPT_METADATA_LIST, signal }))
    } catch (error) {
      if (!isKubeApiError(error) || error.status === 503) throw error
      return handler.onFault('list', error, 0)
    }
    handler.onActivity()
    this.#checkForRollback(page, signal)
  }

  /** @throws the reason of the signal if the rollback handler aborted it */
  #checkForRollback(page: KubeList, signal: AbortSignal): void {
    const { handler } = this.#options
    if (!handler.onRollback) return
    const listed = { version: resourceVersionOf({ metadata: page.metadata }), reached: this.#lastResourceVersion }
    // The restored history may already be longer, or its revision was bumped. Then only the objects are older.
    const objects = page.items.map(({ metadata }) => ({
      version: metadata.resourceVersion ?? '',
      reached: handler.versionOf(metadata),
    }))
    for (const { version, reached } of [listed, ...objects]) {
      if (reached === undefined || compareResourceVersions(version, reached) >= 0) continue
      handler.onRollback(reached, version)
      signal.throwIfAborted()
    }
  }

  async #watch(resourceVersion: string, cycle: Cycle, signal: AbortSignal): Promise<void> {
    const { client, path, clock, random, labelSelector, fieldSelector, metadataOnly, watchTimeoutMs } = this.#options
    const timeoutSeconds = Math.ceil((watchTimeoutMs * (1 + random())) / 1_000)
    const query = {
      watch: true,
      allowWatchBookmarks: true,
      resourceVersion,
      timeoutSeconds,
      labelSelector,
      fieldSelector,
    }
    const accept = metadataOnly ? ACCEPT_METADATA : JSON_TYPE
    using idle = idleSignal(this.#options, signal)
    try {
      this.#watches += 1
      const chunks = await client.stream({ path, query, accept, signal: idle.signal })
      cycle.openedAtMs = clock.monotonic()
      this.#isWatching = true
      idle.touch()
      this.#options.handler.onActivity()
      await this.#consume(chunks, idle.touch)
    } finally {
      this.#isWatching = false
    }
  }

  async #consume(chunks: AsyncIterable<Uint8Array>, touch: () => void): Promise<void> {
    const lines = new LineSplitter(this.#options.maxLineBytes)
    for await (const chunk of chunks) {
      touch()
      this.#options.handler.onActivity()
      for (const line of lines.push(chunk)) this.#apply(parseWatchEvent(line))
    }
    if (lines.pendingBytes > 0) {
      throw new SecretSyncError(
        'Unavailable',
        `watch ${this.#options.path}: the stream ended in the middle of an event`,
      )
    }
  }

  #apply(event: WatchEvent): void {
    const { handler, path } = this.#options
    if (event.type === 'ERROR') {
      // The events after an error in the stream are unknown.
      this.#resumeFrom = undefined
      throw statusError(requestInfo('GET', path, true), event.code, event.status, undefined)
    }
    if (event.type === 'DELETED') handler.remove(objectKey(event.object.metadata))
    else if (event.type !== 'BOOKMARK') handler.upsert(event.object)
    this.#resumeFrom = event.resourceVersion
    this.#lastResourceVersion = event.resourceVersion
    handler.onResourceVersion(event.resourceVersion)
  }
}

function jittered(ms: number, random: () => number): number {
  return ms * (0.9 + 0.2 * random())
}

function retryAfterOf(error: KubeApiError | SecretSyncError | undefined): number | undefined {
  return isKubeApiError(error) ? error.retryAfterMs : undefined
}
