import { createHash } from 'node:crypto'
import { type Clock, Semaphore } from '@ack-secret-manager/core'
import { isKubeApiError } from '../client/kube-api-error.ts'
import type { KubeClient } from '../client/kube-client.ts'
import type { KubeObject } from '../client/kube-object.ts'
import { ACCEPT_METADATA } from '../client/media-types.ts'
import { ObjectWatch } from './object-watch.ts'
import type { ReflectorFault } from './reflector.ts'
import { inNamespace } from '../client/request-info.ts'

/** Names an object that holds entries. */
export interface ContentReference {
  readonly kind: 'ConfigMap' | 'Secret'
  readonly namespace: string
  readonly name: string
}

/** What an object holds under `data`, by key. */
export type ObjectContent = ReadonlyMap<string, Uint8Array>

/** What tells whether an object is as somebody has read it: of one content there may be many versions. */
interface Seen {
  readonly version: string
  readonly digest: string
}

/** Options of {@link ContentWatch}. */
export interface ContentWatchOptions {
  readonly client: Pick<KubeClient, 'get' | 'list' | 'stream'>
  /** Something is not as these owners have read it. Called synchronously: enqueue and return. */
  readonly onChange: (owners: readonly string[]) => void
  /** Tell of changes. @default true */
  readonly watch?: boolean
  /** Must not throw. */
  readonly onFault?: (fault: ReflectorFault) => void
  /** @default systemClock */
  readonly clock?: Clock
}

const PATHS = { ConfigMap: '/api/v1/configmaps', Secret: '/api/v1/secrets' } as const

/** Comparisons under way at once. */
const MAX_COMPARISONS = 8
const TIMEOUT_MS = 30_000

/**
 * Reads single ConfigMaps and Secrets for owners that depend on them, and tells an owner when one is no longer as that owner
 * has read it. One GET for each; watches by name and of metadata alone, see {@link ObjectWatch}.
 */
export class ContentWatch {
  readonly #options: ContentWatchOptions
  readonly #watches: ReadonlyMap<ContentReference['kind'], ObjectWatch>
  /** By owner, then by object: what the owner has read; undefined as long as it has no answer. */
  readonly #read = new Map<string, Map<string, Seen | undefined>>()
  readonly #places = new Semaphore(MAX_COMPARISONS)
  /** Objects that wait for their comparison, each once, and those who are to be told. */
  readonly #waiting = new Map<string, Set<string>>()
  readonly #closing = new AbortController()
  readonly #comparisons = new Set<Promise<void>>()

  constructor(options: ContentWatchOptions) {
    this.#options = options
    this.#watches = new Map((['ConfigMap', 'Secret'] as const).map((kind) => [kind, this.#watch(kind)]))
  }

  /**
   * What the objects hold, in their order; undefined for one that is not there. They replace what this owner has read before.
   * @throws KubeApiError | SecretSyncError as `KubeClient.get`; then whatever happens to one of them is told
   */
  async read(
    owner: string,
    objects: readonly ContentReference[],
    { signal }: { readonly signal: AbortSignal },
  ): Promise<readonly (ObjectContent | undefined)[]> {
    this.#read.set(owner, new Map(objects.map((object) => [keyOf(object), undefined])))
    try {
      const found = await Promise.all(objects.map((object) => this.#get(object, signal)))
      this.#read.set(owner, new Map(objects.map((object, index) => [keyOf(object), seen(found[index])])))
      return found.map((object, index) => object && contentOf(object, objects[index]?.kind))
    } finally {
      this.#follow(owner, objects)
    }
  }

  /** The owner depends on nothing any more. */
  forget(owner: string): void {
    if (this.#read.delete(owner)) this.#follow(owner, [])
  }

  /** Resolves when nothing is watched or asked any more. */
  async close(): Promise<void> {
    this.#closing.abort()
    await Promise.all([...[...this.#watches.values()].map((watch) => watch.close()), ...this.#comparisons])
  }

  #follow(owner: string, objects: readonly ContentReference[]): void {
    if (this.#options.watch === false) return
    for (const [kind, watch] of this.#watches) {
      watch.refer(
        owner,
        objects.filter((object) => object.kind === kind),
      )
    }
  }

  #watch(kind: ContentReference['kind']): ObjectWatch {
    const { client, onFault, clock } = this.#options
    return new ObjectWatch({
      client,
      path: PATHS[kind],
      onChange: (owners, { namespace, name }) => this.#compareSoon(owners, { kind, namespace, name }),
      ...(onFault && { onFault }),
      ...(clock && { clock }),
    })
  }

  #compareSoon(owners: readonly string[], object: ContentReference): void {
    const key = keyOf(object)
    const waiting = this.#waiting.get(key)
    if (waiting) {
      for (const owner of owners) waiting.add(owner)
      return
    }
    this.#waiting.set(key, new Set(owners))
    const comparison: Promise<void> = this.#places
      .run(() => this.#compare(object))
      .finally(() => this.#comparisons.delete(comparison))
    this.#comparisons.add(comparison)
  }

  /** The first look of a watch says that there is an object, and most often its owners know. */
  async #compare(object: ContentReference): Promise<void> {
    const key = keyOf(object)
    const { signal } = this.#closing
    const owners = [...(this.#waiting.get(key) ?? [])]
    this.#waiting.delete(key)
    if (signal.aborted) return
    let changed = this.#dependents(owners, key)
    if (changed.length === 0) return
    try {
      const version = versionOf(await this.#get(object, signal, ACCEPT_METADATA))
      changed = changed.filter((owner) => this.#read.get(owner)?.get(key)?.version !== version)
      if (changed.length > 0) changed = this.#differing(changed, key, seen(await this.#get(object, signal)))
    } catch {
      // Whoever reads it next is told why it cannot be read.
    }
    changed = this.#dependents(changed, key)
    if (changed.length > 0 && !signal.aborted) this.#options.onChange(changed)
  }

  /** Those who still depend on it, or are about to: an owner may go or turn to something else at any time. */
  #dependents(owners: readonly string[], key: string): string[] {
    return owners.filter((owner) => this.#read.get(owner)?.has(key))
  }

  /** Those who have read something else. For the others this is another version of what they have read. */
  #differing(owners: readonly string[], key: string, now: Seen): string[] {
    return owners.filter((owner) => {
      const read = this.#read.get(owner)
      if (read?.get(key)?.digest !== now.digest) return true
      read?.set(key, now)
      return false
    })
  }

  async #get(object: ContentReference, signal: AbortSignal, accept?: string): Promise<KubeObject | undefined> {
    const path = `${inNamespace(PATHS[object.kind], object.namespace)}/${encodeURIComponent(object.name)}`
    try {
      return await this.#options.client.get(path, { signal, timeoutMs: TIMEOUT_MS, ...(accept && { accept }) })
    } catch (error) {
      if (isKubeApiError(error, 404)) return undefined
      throw error
    }
  }
}

function keyOf({ kind, namespace, name }: ContentReference): string {
  return `${kind} ${namespace}/${name}`
}

function versionOf(object: KubeObject | undefined): string {
  return object ? `${object.metadata.uid} ${object.metadata.resourceVersion}` : 'none'
}

function seen(object: KubeObject | undefined): Seen {
  const entries = Object.entries(object?.['data'] ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1))
  const content = JSON.stringify([object !== undefined, entries])
  return { version: versionOf(object), digest: createHash('sha256').update(content).digest('base64') }
}

/** Whatever is no text counts as nothing. */
function contentOf(object: KubeObject, kind: ContentReference['kind'] | undefined): ObjectContent {
  const data = object['data']
  const entries = typeof data === 'object' && data !== null ? Object.entries(data as Record<string, unknown>) : []
  const encoding = kind === 'Secret' ? 'base64' : 'utf8'
  return new Map(
    entries.flatMap(([key, value]) =>
      typeof value === 'string' ? [[key, Buffer.from(value, encoding)] as const] : [],
    ),
  )
}
