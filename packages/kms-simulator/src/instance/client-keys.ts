import type { KeyObject } from 'node:crypto'

/** Somebody who can sign requests to the gateway: an application access point's client key. */
export interface ClientKey {
  readonly id: string
  readonly publicKey: KeyObject
  /** Patterns of the secrets that its access point may read. */
  readonly secrets: readonly string[]
  /** When the key ends. */
  readonly notAfterMs: number
  /** The client key file, as clients get it. */
  readonly file: string
  readonly password: string
}

/** The client keys that exist. A deleted one is remembered, so that it can be brought back as it was. */
export class ClientKeys {
  readonly #live = new Map<string, ClientKey>()
  readonly #deleted = new Map<string, ClientKey>()

  constructor(keys: Iterable<ClientKey>) {
    for (const key of keys) this.#live.set(key.id, key)
  }

  get(id: string): ClientKey | undefined {
    return this.#live.get(id)
  }

  list(): ClientKey[] {
    return [...this.#live.values()]
  }

  /** The key as it is, or as it was when it was deleted. */
  lastKnown(id: string): ClientKey | undefined {
    return this.#live.get(id) ?? this.#deleted.get(id)
  }

  put(key: ClientKey): void {
    this.#live.set(key.id, key)
    this.#deleted.delete(key.id)
  }

  /** False when there is no such key. */
  delete(id: string): boolean {
    const key = this.#live.get(id)
    if (key === undefined) return false
    this.#live.delete(id)
    this.#deleted.set(id, key)
    return true
  }
}
