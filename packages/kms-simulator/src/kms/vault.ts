import { ApiError, resourceNotFound } from '../gateway/api-error.ts'
import type { Secret } from './secret.ts'

/** All secrets of the account, by name. */
export class Vault {
  /** Receives the states before and after each change; undefined for a secret that does not exist. */
  onChange: ((before: Secret | undefined, after: Secret | undefined) => void) | undefined
  readonly #secrets = new Map<string, Secret>()

  constructor(secrets: Iterable<Secret> = []) {
    for (const secret of secrets) this.#secrets.set(secret.name, secret)
  }

  /** The secret, also while it is scheduled for deletion; undefined after that. */
  find(name: string, nowMs: number): Secret | undefined {
    const secret = this.#secrets.get(name)
    if (secret?.plannedDeleteAtMs === undefined || secret.plannedDeleteAtMs > nowMs) return secret
    this.#secrets.delete(name)
    return undefined
  }

  /** @throws ApiError `Forbidden.ResourceNotFound` */
  get(name: string, nowMs: number): Secret {
    const secret = this.find(name, nowMs)
    if (secret === undefined) throw resourceNotFound()
    return secret
  }

  /**
   * The secret, if its value may be read and changed.
   * @throws ApiError `Forbidden.ResourceNotFound` | `Rejected.ResourceInDeleteWindow`
   */
  getUsable(name: string, nowMs: number): Secret {
    const secret = this.get(name, nowMs)
    if (secret.plannedDeleteAtMs !== undefined) {
      throw new ApiError(409, 'Rejected.ResourceInDeleteWindow', 'The specified resource is waiting for its deletion.')
    }
    return secret
  }

  set(secret: Secret): void {
    const before = this.#secrets.get(secret.name)
    this.#secrets.set(secret.name, secret)
    this.onChange?.(before, secret)
  }

  /** False if it does not exist. */
  delete(name: string): boolean {
    const before = this.#secrets.get(name)
    this.onChange?.(before, undefined)
    return this.#secrets.delete(name)
  }

  /** In the order of their creation. */
  list(nowMs: number): Secret[] {
    return [...this.#secrets.keys()].flatMap((name) => this.find(name, nowMs) ?? [])
  }
}
