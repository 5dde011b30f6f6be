import { type Clock, type ClockTimer, ReferenceIndex, systemClock } from '@ack-secret-manager/core'
import { FairPlaces } from './fair-slots.ts'
import type { KubeClient } from '../client/kube-client.ts'
import { Reflector, type ReflectorFault } from './reflector.ts'

/** Names an object of a namespace. */
export interface ObjectName {
  readonly namespace: string
  readonly name: string
}

/** Options of {@link ObjectWatch}. */
export interface ObjectWatchOptions {
  readonly client: Pick<KubeClient, 'list' | 'stream'>
  /** Collection over all namespaces: `/api/v1/secrets`. */
  readonly path: string
  /**
   * The object appeared, changed or went, or, where that was not seen, nobody watches it and it may have. Called synchronously:
   * enqueue and return.
   */
  readonly onChange: (owners: readonly string[], object: ObjectName, how: { readonly isSeen: boolean }) => void
  /** Must not throw. */
  readonly onFault?: (fault: ReflectorFault) => void
  /** Each is a connection that stays open; namespaces share them evenly. @default 128 */
  readonly maxWatches?: number
  /** How often about an object that has no watch, or whose watch is broken, is taken for changed. @default 60_000 */
  readonly recheckMs?: number
  /** @default systemClock */
  readonly clock?: Clock
}

/** A round of rechecks is made in so many steps, so that many objects do not all come at once. */
const RECHECK_STEPS = 12

interface Watch {
  readonly reflector: Reflector<string>
  readonly stop: AbortController
}

/**
 * Notices when objects change that others refer to by name: at once, or after `recheckMs` where there are more than there are
 * watches. One watch for each, by name and of its metadata alone: a Role with `resourceNames` is enough of a right, no value is
 * seen, and the changes of a namespace's other objects cost nothing.
 */
export class ObjectWatch {
  readonly #options: ObjectWatchOptions
  readonly #clock: Clock
  readonly #recheckMs: number
  readonly #references = new ReferenceIndex()
  readonly #places: FairPlaces
  readonly #watches = new Map<string, Watch>()
  /** When each object is to be rechecked next, monotonic; in that order. */
  readonly #rechecks = new Map<string, number>()
  /** Those that are ending included. */
  readonly #runs = new Set<Promise<void>>()
  #timer: ClockTimer | undefined
  #isClosed = false

  constructor(options: ObjectWatchOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#recheckMs = options.recheckMs ?? 60_000
    this.#places = new FairPlaces({
      limit: options.maxWatches ?? 128,
      onGain: (key) => this.#start(key),
      onLose: (key) => this.#stop(key),
    })
  }

  /** Replaces all that `owner` refers to. The first look at an object counts as a change: it may have changed since it was read. */
  refer(owner: string, objects: readonly ObjectName[]): void {
    // Work that was cancelled may get here late; a watch that begins now would have nobody to end it.
    if (this.#isClosed) return
    const { added, removed } = this.#references.set(owner, objects.map(keyOf))
    for (const key of removed) {
      this.#rechecks.delete(key)
      this.#stop(key)
      this.#places.remove(nameOf(key).namespace, key)
    }
    for (const key of added) {
      this.#rechecks.set(key, this.#clock.monotonic() + this.#recheckMs)
      this.#places.add(nameOf(key).namespace, key)
    }
    this.#awaitRecheck()
  }

  /** Resolves when all watches have ended. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#timer?.cancel()
    for (const key of this.#watches.keys()) this.#stop(key)
    await Promise.all(this.#runs)
  }

  #awaitRecheck(): void {
    if (this.#rechecks.size === 0) return
    this.#timer ??= this.#clock.setTimeout(() => this.#recheck(), this.#recheckMs / RECHECK_STEPS)
  }

  #recheck(): void {
    this.#timer = undefined
    const nowMs = this.#clock.monotonic()
    let left = Math.ceil(this.#rechecks.size / RECHECK_STEPS)
    for (const [key, dueMs] of this.#rechecks) {
      if (dueMs > nowMs || left === 0) break
      this.#rechecks.delete(key)
      this.#rechecks.set(key, nowMs + this.#recheckMs)
      if (this.#watches.get(key)?.reflector.stats.watching === true) continue
      left -= 1
      this.#tell(key, { isSeen: false })
    }
    this.#awaitRecheck()
  }

  #tell(key: string, how: { readonly isSeen: boolean }): void {
    const owners = this.#references.ownersOf(key)
    if (owners.length > 0) this.#options.onChange(owners, nameOf(key), how)
  }

  #start(key: string): void {
    const { client, path, onFault } = this.#options
    const { namespace, name } = nameOf(key)
    const reflector = new Reflector<string>({
      client,
      path,
      namespaces: [namespace],
      fieldSelector: `metadata.name=${name}`,
      metadataOnly: true,
      pageSize: 1,
      project: ({ metadata }) => metadata.resourceVersion ?? '',
      onChange: () => this.#tell(key, { isSeen: true }),
      ...(onFault === undefined ? {} : { onFault }),
      clock: this.#clock,
    })
    const stop = new AbortController()
    this.#watches.set(key, { reflector, stop })
    const run: Promise<void> = reflector.run({ signal: stop.signal }).finally(() => this.#runs.delete(run))
    this.#runs.add(run)
  }

  #stop(key: string): void {
    this.#watches.get(key)?.stop.abort()
    this.#watches.delete(key)
  }
}

function keyOf({ namespace, name }: ObjectName): string {
  return `${namespace}/${name}`
}

function nameOf(key: string): ObjectName {
  const slash = key.indexOf('/')
  return { namespace: key.slice(0, slash), name: key.slice(slash + 1) }
}
