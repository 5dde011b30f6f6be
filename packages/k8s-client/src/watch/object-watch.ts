import { type Clock, type ClockTimer, defined, ReferenceIndex, systemClock } from '@ack-secret-manager/core'
import { FairSlots } from './fair-slots.ts'
import type { KubeClient } from '../client/kube-client.ts'
import { objectKey } from '../client/kube-object.ts'
import { Reflector, type ReflectorFault } from './reflector.ts'

/** Names a namespaced object. */
export interface ObjectName {
  readonly namespace: string
  readonly name: string
}

export interface ObjectWatchOptions {
  readonly client: Pick<KubeClient, 'list' | 'stream'>
  /** Collection over all namespaces: `/api/v1/secrets`. */
  readonly path: string
  /**
   * `isSeen`: the object was added, changed or deleted. Otherwise it has no open watch and may have changed. Called
   * synchronously: enqueue and return.
   */
  readonly onChange: (owners: readonly string[], object: ObjectName, how: { readonly isSeen: boolean }) => void
  /** Must not throw. */
  readonly onFault?: (fault: ReflectorFault) => void
  /** Maximum number of watches, each an open connection; namespaces get equal shares. @default 128 */
  readonly maxWatches?: number
  /** Interval at which an object without an open watch is reported as possibly changed. @default 60_000 */
  readonly recheckMs?: number
  /** @default systemClock */
  readonly clock?: Clock
}

/** Steps of one recheck round, so that the rechecks of many objects are spread over the interval. */
const RECHECK_STEPS = 12

interface Watch {
  readonly reflector: Reflector<string>
  readonly stop: AbortController
}

/**
 * Watches single objects that owners refer to by name. Each object has a metadata-only watch by name, so a Role with
 * `resourceNames` is sufficient and no value is read. Objects beyond `maxWatches` are rechecked every `recheckMs`.
 */
export class ObjectWatch {
  readonly #options: ObjectWatchOptions
  readonly #clock: Clock
  readonly #recheckMs: number
  readonly #references = new ReferenceIndex()
  readonly #slots: FairSlots
  readonly #watches = new Map<string, Watch>()
  /** Monotonic time of the next recheck by object, in that order. */
  readonly #rechecks = new Map<string, number>()
  /** Includes watches that are stopping. */
  readonly #runs = new Set<Promise<void>>()
  #timer: ClockTimer | undefined
  #isClosed = false

  constructor(options: ObjectWatchOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#recheckMs = options.recheckMs ?? 60_000
    this.#slots = new FairSlots({
      limit: options.maxWatches ?? 128,
      onGain: (key) => this.#start(key),
      onLose: (key) => this.#stop(key),
    })
  }

  /** Replaces the objects that `owner` refers to. The first list of an object counts as a change, because it may be newer than the last read. */
  refer(owner: string, objects: readonly ObjectName[]): void {
    // Cancelled work may call this after `close`. A watch that started now would never stop.
    if (this.#isClosed) return
    const { added, removed } = this.#references.set(owner, objects.map(objectKey))
    for (const key of removed) {
      this.#rechecks.delete(key)
      this.#stop(key)
      this.#slots.remove(nameOf(key).namespace, key)
    }
    for (const key of added) {
      this.#rechecks.set(key, this.#clock.monotonic() + this.#recheckMs)
      this.#slots.add(nameOf(key).namespace, key)
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
      this.#notify(key, { isSeen: false })
    }
    this.#awaitRecheck()
  }

  #notify(key: string, how: { readonly isSeen: boolean }): void {
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
      onChange: () => this.#notify(key, { isSeen: true }),
      ...defined({ onFault }),
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

function nameOf(key: string): ObjectName {
  const slash = key.indexOf('/')
  return { namespace: key.slice(0, slash), name: key.slice(slash + 1) }
}
