import type { AllowStatement } from './policy.ts'

/** Somebody who can sign requests. */
export interface AccessKey {
  readonly id: string
  readonly secret: string
  /** Set for a temporary key: requests must carry it. */
  readonly securityToken?: string | undefined
  /** When the token ends. */
  readonly expiresAtMs?: number | undefined
  readonly allow: readonly AllowStatement[]
}

/** The access keys that exist. A deleted one is remembered, so that it can be brought back as it was. */
export class AccessKeys {
  readonly #live = new Map<string, AccessKey>()
  readonly #deleted = new Map<string, AccessKey>()

  constructor(keys: Iterable<AccessKey>) {
    for (const key of keys) this.#live.set(key.id, key)
  }

  get(id: string): AccessKey | undefined {
    return this.#live.get(id)
  }

  /** The key as it is, or as it was when it was deleted. */
  lastKnown(id: string): AccessKey | undefined {
    return this.#live.get(id) ?? this.#deleted.get(id)
  }

  put(key: AccessKey): void {
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
