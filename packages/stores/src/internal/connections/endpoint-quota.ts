import { type BackendConnection, ReferenceIndex, SecretSyncError } from '@ack-secret-manager/core'
import type { NamespacedName } from '../../store-references.ts'
import type { ConnectionPool } from './connection-pool.ts'
import type { ConnectionTarget } from './connection-target.ts'
import type { Ref } from './ref-counted.ts'

/** Maximum number of endpoints that `kmsEndpoint` may name in one namespace, besides the endpoints of stores. */
export const MAX_ENDPOINTS_PER_NAMESPACE = 64

interface Slot {
  /** The store client that uses the slot and releases it. */
  readonly client: object
  readonly target: string
  readonly ref: Ref<BackendConnection>
}

/**
 * Connections to endpoints that entries name by `kmsEndpoint`. Each takes one slot of the requesting namespace while a
 * resource of that namespace reads through it, so no namespace can exhaust the slots of another.
 */
export class EndpointQuota {
  readonly #pool: ConnectionPool
  readonly #onFree: (namespace: string) => void
  readonly #slots = new Map<string, readonly Slot[]>()
  readonly #readers = new ReferenceIndex()
  /** Namespaces where an entry was refused since the last slot became free. */
  readonly #exhausted = new Set<string>()

  /** @param onFree called when a namespace with a refused entry has a free slot again */
  constructor(pool: ConnectionPool, onFree: (namespace: string) => void) {
    this.#pool = pool
    this.#onFree = onFree
  }

  /** @throws SecretSyncError `InvalidSpec` when the namespace has no slot left */
  connection(namespace: string, client: object, target: ConnectionTarget): BackendConnection {
    const slots = this.#slots.get(namespace) ?? []
    const { key } = target
    const known = slots.find((slot) => slot.client === client && slot.target === key)
    if (known !== undefined) return known.ref.value
    if (slots.length >= MAX_ENDPOINTS_PER_NAMESPACE) {
      this.#exhausted.add(namespace)
      throw new SecretSyncError(
        'InvalidSpec',
        `kmsEndpoint: namespace ${namespace} already uses ${MAX_ENDPOINTS_PER_NAMESPACE} endpoints besides those of its stores, which is the limit; create a SecretStore for this endpoint`,
      )
    }
    const ref = this.#pool.acquire(target)
    this.#slots.set(namespace, [...slots, { client, target: key, ref }])
    return ref.value
  }

  /** Records the keys of all connections that a resource reads through, and releases slots without a reader. */
  reads({ namespace, name }: NamespacedName, connections: ReadonlySet<string>): void {
    const slots = this.#slots.get(namespace) ?? []
    const mine = slots.map(({ ref }) => ref.value.key).filter((key) => connections.has(key))
    this.#readers.set(
      `${namespace}/${name}`,
      mine.map((key) => `${namespace}/${key}`),
    )
    this.#keep(namespace, ({ ref }) => this.#readers.ownersOf(`${namespace}/${ref.value.key}`).length > 0)
  }

  /** Releases all slots of a store client. */
  release(client: object): void {
    for (const namespace of this.#slots.keys()) this.#keep(namespace, (slot) => slot.client !== client)
  }

  #keep(namespace: string, isKept: (slot: Slot) => boolean): void {
    const slots = this.#slots.get(namespace) ?? []
    const kept = slots.filter(isKept)
    if (kept.length === slots.length) return
    for (const slot of slots) if (!kept.includes(slot)) slot.ref.release()
    if (kept.length > 0) this.#slots.set(namespace, kept)
    else this.#slots.delete(namespace)
    if (this.#exhausted.delete(namespace)) this.#onFree(namespace)
  }
}
