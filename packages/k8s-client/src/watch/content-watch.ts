import { createHash } from 'node:crypto'
import { type Clock, type ClockTimer, Semaphore, Sensitive, systemClock } from '@ack-secret-manager/core'
import type { KubeClient } from '../client/kube-client.ts'
import type { KubeObject } from '../client/kube-object.ts'
import { CONTENT_PATHS, ContentReader, type ContentReference, MAX_TEXT_BYTES, textsTooLarge } from './content-reader.ts'
import { ObjectWatch } from './object-watch.ts'
import type { ReflectorFault } from './reflector.ts'

/** An object, and the keys that its owner needs. The others are not kept. */
export interface ContentRequest extends ContentReference {
  readonly keys: readonly string[]
}

/** Entries of `data`, by key. */
export type ObjectContent = ReadonlyMap<string, Sensitive<Uint8Array>>

/** Version and content digest of an object. Several versions can have the same content. */
interface ContentVersion {
  readonly version: string
  readonly digest: string
}

export interface ContentWatchOptions {
  readonly client: Pick<KubeClient, 'get' | 'list' | 'stream'>
  /** The content of an object differs from what these owners have read. Called synchronously: enqueue and return. */
  readonly onChange: (owners: readonly string[]) => void
  /** Watch the objects and call `onChange`. @default true */
  readonly watch?: boolean
  /** Must not throw. */
  readonly onFault?: (fault: ReflectorFault) => void
  /** @default systemClock */
  readonly clock?: Clock
}

/** Concurrent comparisons. Namespaces take turns. */
const MAX_COMPARISONS = 8
/** Minimum pause between two comparisons of one object, each of which may read all of it. */
const PAUSE_MS = 1_000

/**
 * Reads single ConfigMaps and Secrets for their owners, and notifies an owner when the content differs from its last read.
 * Each read is one GET; reads are limited, and namespaces take turns. The watches are by name and metadata-only, see {@link ObjectWatch}.
 */
export class ContentWatch {
  readonly #options: ContentWatchOptions
  readonly #clock: Clock
  readonly #watches: ReadonlyMap<ContentReference['kind'], ObjectWatch>
  /** Last read by owner and object; undefined until the first response. */
  readonly #lastRead = new Map<string, Map<string, ContentVersion | undefined>>()
  readonly #slots = new Semaphore(MAX_COMPARISONS)
  readonly #reader: ContentReader
  /** Owners to notify, by object whose comparison is pending. */
  readonly #waiting = new Map<string, Set<string>>()
  /** Timers of objects that were compared within the last second. */
  readonly #pauses = new Map<string, ClockTimer>()
  readonly #closing = new AbortController()
  readonly #comparisons = new Set<Promise<void>>()

  constructor(options: ContentWatchOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#reader = new ContentReader({ client: options.client, clock: this.#clock })
    this.#watches = new Map((['ConfigMap', 'Secret'] as const).map((kind) => [kind, this.#watch(kind)]))
  }

  /**
   * Reads the objects in their order, one after another; undefined for one that does not exist. Replaces the previous objects of this
   * owner.
   * @throws KubeApiError | SecretSyncError as `KubeClient.get`; `TemplateError` if an object, or all texts together, are too large.
   *   After that every change of these objects is reported
   */
  async read(
    owner: string,
    objects: readonly ContentRequest[],
    { signal }: { readonly signal: AbortSignal },
  ): Promise<readonly (ObjectContent | undefined)[]> {
    this.#lastRead.set(owner, new Map(objects.map((object) => [keyOf(object), undefined])))
    try {
      const versions = new Map<string, ContentVersion>()
      const contents: (ObjectContent | undefined)[] = []
      let textBytes = 0
      for (const object of objects) {
        const found = await this.#reader.read(object, signal)
        const content = found && contentOf(found, object)
        for (const text of content?.values() ?? []) textBytes += text.expose().length
        if (textBytes > MAX_TEXT_BYTES) throw textsTooLarge(object)
        versions.set(keyOf(object), contentVersionOf(found))
        contents.push(content)
      }
      if (this.#lastRead.has(owner)) this.#lastRead.set(owner, versions)
      return contents
    } finally {
      // Not if the owner was forgotten meanwhile.
      if (this.#lastRead.has(owner)) this.#setReferences(owner, objects)
    }
  }

  /**
   * Whether the namespace has time for a read. Otherwise the owner should read later, because the event loop is a resource of all
   * namespaces. Comparisons wait likewise.
   */
  mayRead(namespace: string): boolean {
    return this.#reader.waitMs(namespace) === 0
  }

  /** Drops all objects of the owner. */
  forget(owner: string): void {
    if (this.#lastRead.delete(owner)) this.#setReferences(owner, [])
  }

  /** Resolves when all watches and reads have ended. */
  async close(): Promise<void> {
    this.#closing.abort()
    for (const pause of this.#pauses.values()) pause.cancel()
    await Promise.all([...[...this.#watches.values()].map((watch) => watch.close()), ...this.#comparisons])
  }

  #setReferences(owner: string, objects: readonly ContentReference[]): void {
    if (this.#options.watch === false) return
    for (const [kind, watch] of this.#watches) {
      watch.refer(
        owner,
        objects.filter((object) => object.kind === kind),
      )
    }
  }

  #watch(kind: ContentReference['kind']): ObjectWatch {
    const { client, onFault } = this.#options
    return new ObjectWatch({
      client,
      path: CONTENT_PATHS[kind],
      onChange: (owners, { namespace, name }) => this.#scheduleComparison(owners, { kind, namespace, name }),
      ...(onFault && { onFault }),
      clock: this.#clock,
    })
  }

  #scheduleComparison(owners: readonly string[], object: ContentReference): void {
    const key = keyOf(object)
    const waiting = this.#waiting.get(key)
    if (waiting) {
      for (const owner of owners) waiting.add(owner)
      return
    }
    this.#waiting.set(key, new Set(owners))
    if (!this.#pauses.has(key)) this.#queueComparison(object)
  }

  #queueComparison(object: ContentReference): void {
    const comparison: Promise<void> = this.#slots
      .run(() => this.#compare(object), object.namespace)
      .finally(() => this.#comparisons.delete(comparison))
    this.#comparisons.add(comparison)
  }

  #pause(object: ContentReference, pauseMs: number): void {
    const key = keyOf(object)
    const end = (): void => {
      this.#pauses.delete(key)
      if (this.#waiting.has(key)) this.#queueComparison(object)
    }
    this.#pauses.set(key, this.#clock.setTimeout(end, pauseMs))
  }

  /** Compares the object with the last read of each owner, because the first event of a watch usually reports nothing new. */
  async #compare(object: ContentReference): Promise<void> {
    const key = keyOf(object)
    const { signal } = this.#closing
    const waitMs = this.#reader.waitMs(object.namespace)
    if (waitMs > 0 && !signal.aborted) return this.#pause(object, waitMs)
    const owners = [...(this.#waiting.get(key) ?? [])]
    this.#waiting.delete(key)
    if (signal.aborted) return
    let changed = this.#dependents(owners, key)
    if (changed.length === 0) return
    this.#pause(object, PAUSE_MS)
    try {
      const version = versionOf(await this.#reader.readMetadata(object, signal))
      changed = changed.filter((owner) => this.#lastRead.get(owner)?.get(key)?.version !== version)
      if (changed.length > 0) {
        changed = this.#differing(changed, key, contentVersionOf(await this.#reader.read(object, signal)))
      }
    } catch {
      // The next read by an owner reports the error.
    }
    changed = this.#dependents(changed, key)
    if (changed.length > 0 && !signal.aborted) this.#options.onChange(changed)
  }

  /** Filters the owners that still depend on the object, because owners change during a comparison. */
  #dependents(owners: readonly string[], key: string): string[] {
    return owners.filter((owner) => this.#lastRead.get(owner)?.has(key))
  }

  /** Filters the owners whose last read had other content, and updates the version of the rest. */
  #differing(owners: readonly string[], key: string, now: ContentVersion): string[] {
    return owners.filter((owner) => {
      const read = this.#lastRead.get(owner)
      if (read?.get(key)?.digest !== now.digest) return true
      read?.set(key, now)
      return false
    })
  }
}

function keyOf({ kind, namespace, name }: ContentReference): string {
  return `${kind} ${namespace}/${name}`
}

function versionOf(object: KubeObject | undefined): string {
  return object ? `${object.metadata.uid} ${object.metadata.resourceVersion}` : 'none'
}

function contentVersionOf(object: KubeObject | undefined): ContentVersion {
  const entries = Object.entries(object?.['data'] ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1))
  const content = JSON.stringify([object !== undefined, entries])
  return { version: versionOf(object), digest: createHash('sha256').update(content).digest('base64') }
}

/** Decodes the named entries of `data`. Entries that are not strings are skipped. */
function contentOf(object: KubeObject, { kind, keys }: ContentRequest): ObjectContent {
  const data = (object['data'] ?? {}) as Readonly<Record<string, unknown>>
  const encoding = kind === 'Secret' ? 'base64' : 'utf8'
  return new Map(
    keys.flatMap((key) => {
      const value = Object.hasOwn(data, key) ? data[key] : undefined
      return typeof value === 'string' ? [[key, new Sensitive(Buffer.from(value, encoding))] as const] : []
    }),
  )
}
