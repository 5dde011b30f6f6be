import { type BackendConnection, ReferenceIndex, SecretSyncError } from '@ack-secret-manager/core'
import type { NamespacedName } from '../../store-references.ts'
import type { ConnectionPool } from './connection-pool.ts'
import { type ConnectionTarget, targetKey } from './connection-target.ts'
import type { Hold } from './ref-counted.ts'

/** Most endpoints that the entries of one namespace may name beside those of their stores. */
export const MAX_EXTRA_ENDPOINTS = 64

interface Place {
  /** Through which it is reached; goes with it. */
  readonly access: object
  readonly target: string
  readonly hold: Hold<BackendConnection>
}

/**
 * Connections to endpoints that entries name beside those of their stores. Each is held for the namespace that asks, as long
 * as a resource there reads through it, so that no namespace can take the places of another.
 */
export class ExtraEndpoints {
  readonly #pool: ConnectionPool
  readonly #onFree: (namespace: string) => void
  readonly #places = new Map<string, readonly Place[]>()
  readonly #readers = new ReferenceIndex()
  /** Namespaces where somebody was refused since a place was free. */
  readonly #short = new Set<string>()

  /** @param onFree a namespace where somebody was refused has a place again */
  constructor(pool: ConnectionPool, onFree: (namespace: string) => void) {
    this.#pool = pool
    this.#onFree = onFree
  }

  /** @throws SecretSyncError `InvalidSpec` when the namespace has no place left */
  connection(namespace: string, access: object, target: ConnectionTarget): BackendConnection {
    const places = this.#places.get(namespace) ?? []
    const key = targetKey(target)
    const known = places.find((place) => place.access === access && place.target === key)
    if (known !== undefined) return known.hold.value
    if (places.length >= MAX_EXTRA_ENDPOINTS) {
      this.#short.add(namespace)
      throw new SecretSyncError(
        'InvalidSpec',
        `kmsEndpoint: namespace ${namespace} reads at ${MAX_EXTRA_ENDPOINTS} endpoints beside those of its stores, and may at no more; give this one a store of its own`,
      )
    }
    const hold = this.#pool.hold(target)
    this.#places.set(namespace, [...places, { access, target: key, hold }])
    return hold.value
  }

  /** A resource reads through these connections, given by their keys, and through no others. What nobody reads through is let go. */
  reads({ namespace, name }: NamespacedName, connections: ReadonlySet<string>): void {
    const places = this.#places.get(namespace) ?? []
    const mine = places.map(({ hold }) => hold.value.key).filter((key) => connections.has(key))
    this.#readers.set(
      `${namespace}/${name}`,
      mine.map((key) => `${namespace}/${key}`),
    )
    this.#keep(namespace, ({ hold }) => this.#readers.ownersOf(`${namespace}/${hold.value.key}`).length > 0)
  }

  /** Lets go of all that was reached through it. */
  release(access: object): void {
    for (const namespace of this.#places.keys()) this.#keep(namespace, (place) => place.access !== access)
  }

  #keep(namespace: string, isKept: (place: Place) => boolean): void {
    const places = this.#places.get(namespace) ?? []
    const kept = places.filter(isKept)
    if (kept.length === places.length) return
    for (const place of places) if (!kept.includes(place)) place.hold.release()
    if (kept.length > 0) this.#places.set(namespace, kept)
    else this.#places.delete(namespace)
    if (this.#short.delete(namespace)) this.#onFree(namespace)
  }
}
