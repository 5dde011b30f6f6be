import { type Clock, isSecretSyncError, SecretSyncError, sleep, toSecretSyncError } from '@ack-secret-manager/core'
import { isKubeApiError, type KubeApiError } from '../client/kube-api-error.ts'
import type { KubeClient } from '../client/kube-client.ts'
import { type KubeList, type KubeObject, objectKey } from '../client/kube-object.ts'
import { LineSplitter } from './line-splitter.ts'
import { listPages } from './list-pages.ts'
import { ACCEPT_METADATA, ACCEPT_METADATA_LIST, JSON_TYPE } from '../client/media-types.ts'
import { requestInfo } from '../client/request-info.ts'
import { compareResourceVersions } from '../client/resource-version.ts'
import { RetryPauses } from './watch-backoff.ts'
import { statusError } from '../client/status-error.ts'
import { checkList, parseWatchEvent, resourceVersionOf, type WatchEvent } from './decode-event.ts'

/** What is told what the API server says of a collection. */
export interface CollectionSink {
  /** The object is so now. Returns its key. */
  upsert(object: KubeObject): string
  remove(key: string): void
  /** A list ended; it held exactly these keys, as of that resourceVersion. */
  listed(seen: ReadonlySet<string>, resourceVersion: string): void
  /** All that happened up to that resourceVersion has been told. */
  reached(resourceVersion: string): void
  /** The API server was heard. */
  heard(): void
  fault(during: 'list' | 'watch' | 'decode', error: KubeApiError | SecretSyncError, retryInMs: number): void
  /** A list is older than what has been reached; nothing of it has been told yet. Undefined where nobody wants to know. */
  readonly rewound: ((reached: string, listed: string) => void) | undefined
}

/** Options of {@link CollectionWatch}, defaults applied. */
export interface CollectionWatchOptions {
  readonly client: Pick<KubeClient, 'list' | 'stream'>
  readonly path: string
  readonly sink: CollectionSink
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

/** How often one list is begun anew because its continue token expired. */
const MAX_LIST_RESTARTS = 3

/** Refusals of a watch that say nothing against where it wanted to start. */
const RESUMABLE = new Set([401, 403, 429, 500, 502, 503])

/** How the last stretch of work ended. */
interface Stretch {
  during: 'list' | 'watch' | 'decode'
  openedAtMs: number | undefined
}

/** Lists and watches one collection, without end: resumes where it can, begins anew where it must. */
export class CollectionWatch {
  readonly #options: CollectionWatchOptions
  readonly #pauses: RetryPauses
  /** Where the next watch starts; undefined where a list has to come first. */
  #resourceVersion: string | undefined
  #reached: string | undefined
  #relistAtMs = 0
  #isWatching = false
  #lists = 0
  #watches = 0

  constructor(options: CollectionWatchOptions) {
    this.#options = options
    this.#pauses = new RetryPauses(options)
  }

  get stats(): { readonly watching: boolean; readonly lists: number; readonly watches: number } {
    return { watching: this.#isWatching, lists: this.#lists, watches: this.#watches }
  }

  /** Resolves when the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, sink } = this.#options
    while (!signal.aborted) {
      const stretch: Stretch = { during: 'list', openedAtMs: undefined }
      let error: KubeApiError | SecretSyncError | undefined
      try {
        await this.#stretch(stretch, signal)
      } catch (thrown) {
        if (signal.aborted) return
        error = isKubeApiError(thrown) ? thrown : toSecretSyncError(thrown, `${stretch.during} ${this.#options.path}`)
        this.#afterError(error, stretch)
      }
      if (signal.aborted) return
      const livedMs = stretch.openedAtMs === undefined ? 0 : clock.monotonic() - stretch.openedAtMs
      const pauseMs = this.#pauses.next({ livedMs, failed: error !== undefined, retryAfterMs: retryAfterOf(error) })
      if (error) sink.fault(stretch.during, error, pauseMs)
      if (pauseMs === 0) continue
      await sleep(pauseMs, { clock, signal }).catch(() => {
        // Aborted: the loop ends.
      })
    }
  }

  async #stretch(stretch: Stretch, signal: AbortSignal): Promise<void> {
    const { clock, random, relistIntervalMs, sink } = this.#options
    if (this.#resourceVersion === undefined || clock.monotonic() >= this.#relistAtMs) {
      this.#resourceVersion = await this.#list(signal)
      this.#relistAtMs = clock.monotonic() + relistIntervalMs * (0.9 + 0.2 * random())
    } else if (sink.rewound) await this.#look(signal)
    stretch.during = 'watch'
    await this.#watch(this.#resourceVersion, stretch, signal)
  }

  /** Where the next stretch starts: after a lost or unreadable event only a list tells the truth. */
  #afterError(error: KubeApiError | SecretSyncError, stretch: Stretch): void {
    const isUnreadable = isSecretSyncError(error) && error.code === 'InvalidResponse'
    if (stretch.during === 'watch' && isUnreadable) stretch.during = 'decode'
    const isGone = isKubeApiError(error) && stretch.during === 'watch' && !RESUMABLE.has(error.status)
    if (isGone || isUnreadable) this.#resourceVersion = undefined
  }

  get #counted(): Pick<KubeClient, 'list'> {
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
   * Reads all pages. No resourceVersion is given: the API server answers with its newest state, never with an older one. All
   * pages are of one version: what a 410 offers to go on with, inconsistently, is not taken.
   */
  async #listOnce(signal: AbortSignal): Promise<string> {
    const { path, sink, pageSize, labelSelector, fieldSelector, metadataOnly } = this.#options
    const accept = metadataOnly ? ACCEPT_METADATA_LIST : JSON_TYPE
    const seen = new Set<string>()
    const query = { labelSelector, fieldSelector }
    let resourceVersion = ''
    for await (const page of listPages(path, { client: this.#counted, query, accept, pageSize, signal })) {
      sink.heard()
      this.#compare(page, signal)
      for (const object of page.items) seen.add(sink.upsert(object))
      resourceVersion = resourceVersionOf({ metadata: page.metadata })
    }
    sink.listed(seen, resourceVersion)
    this.#reached = resourceVersion
    return resourceVersion
  }

  /**
   * Asks how far the collection is, by one object at most. A watch does not tell: where it is to start from a version that is still
   * to come, the API server (1.36) opens it, and is silent until it comes, without a bookmark.
   */
  async #look(signal: AbortSignal): Promise<void> {
    const { path, sink, labelSelector, fieldSelector } = this.#options
    const query = { limit: 1, labelSelector, fieldSelector }
    const page = checkList(await this.#counted.list(path, { query, accept: ACCEPT_METADATA_LIST, signal }))
    sink.heard()
    this.#compare(page, signal)
  }

  /** @throws the reason of the signal where whoever was told of a history that went back has aborted it */
  #compare(page: KubeList, signal: AbortSignal): void {
    const listed = resourceVersionOf({ metadata: page.metadata })
    if (this.#reached === undefined || compareResourceVersions(listed, this.#reached) >= 0) return
    this.#options.sink.rewound?.(this.#reached, listed)
    signal.throwIfAborted()
  }

  async #watch(resourceVersion: string, stretch: Stretch, signal: AbortSignal): Promise<void> {
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
      stretch.openedAtMs = clock.monotonic()
      this.#isWatching = true
      idle.touch()
      this.#options.sink.heard()
      await this.#consume(chunks, idle.touch)
    } finally {
      this.#isWatching = false
    }
  }

  async #consume(chunks: AsyncIterable<Uint8Array>, touch: () => void): Promise<void> {
    const lines = new LineSplitter(this.#options.maxLineBytes)
    for await (const chunk of chunks) {
      touch()
      this.#options.sink.heard()
      for (const line of lines.push(chunk)) this.#apply(parseWatchEvent(line))
    }
    if (lines.pendingBytes > 0) {
      throw new SecretSyncError('Unavailable', `watch ${this.#options.path}: the stream ended inside an event`)
    }
  }

  #apply(event: WatchEvent): void {
    const { sink, path } = this.#options
    if (event.type === 'ERROR') {
      // The API server gave up inside the stream: what it would have sent next is unknown.
      this.#resourceVersion = undefined
      throw statusError(requestInfo('GET', path, true), event.code, event.status, undefined)
    }
    if (event.type === 'DELETED') sink.remove(objectKey(event.object.metadata))
    else if (event.type !== 'BOOKMARK') sink.upsert(event.object)
    this.#resourceVersion = event.resourceVersion
    this.#reached = event.resourceVersion
    sink.reached(event.resourceVersion)
  }
}

function retryAfterOf(error: KubeApiError | SecretSyncError | undefined): number | undefined {
  return isKubeApiError(error) ? error.retryAfterMs : undefined
}

interface IdleSignal extends Disposable {
  readonly signal: AbortSignal
  /** Something came. */
  readonly touch: () => void
}

/** Aborts with the outer signal, and when nothing came for `idleTimeoutMs`: a peer that is gone says nothing at all. */
function idleSignal(
  { clock, idleTimeoutMs, path }: Pick<CollectionWatchOptions, 'clock' | 'idleTimeoutMs' | 'path'>,
  outer: AbortSignal,
): IdleSignal {
  const controller = new AbortController()
  const stop = (): void => controller.abort(outer.reason)
  if (outer.aborted) stop()
  outer.addEventListener('abort', stop, { once: true })
  let lastMs = clock.monotonic()
  const check = (): void => {
    const leftMs = lastMs + idleTimeoutMs - clock.monotonic()
    if (leftMs > 0) timer = clock.setTimeout(check, leftMs)
    else
      controller.abort(new SecretSyncError('Timeout', `watch ${path}: silent for ${idleTimeoutMs} ms, connected anew`))
  }
  let timer = clock.setTimeout(check, idleTimeoutMs)
  return {
    signal: controller.signal,
    touch: () => {
      lastMs = clock.monotonic()
    },
    [Symbol.dispose]: () => {
      timer.cancel()
      outer.removeEventListener('abort', stop)
    },
  }
}
