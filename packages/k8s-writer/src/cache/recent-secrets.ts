import type { TargetRef } from '@ack-secret-manager/core'
import type { KnownSecret } from './secret-cache-entry.ts'

/** Looked at moments ago, to be taken over now: no more than workers can have under way. */
const MAX_SECRETS = 256

/** Secrets without our label that were just looked at, so that the write that follows need not look again. */
export class RecentSecrets {
  readonly #byTarget = new Map<string, KnownSecret>()

  put(secret: KnownSecret): void {
    const key = keyOf(secret.observed.target)
    this.#byTarget.delete(key)
    this.#byTarget.set(key, secret)
    const [oldest] = this.#byTarget.keys()
    if (this.#byTarget.size > MAX_SECRETS && oldest !== undefined) this.#byTarget.delete(oldest)
  }

  /** Hands it over: a write makes it out of date. */
  take(target: TargetRef): KnownSecret | undefined {
    const key = keyOf(target)
    const secret = this.#byTarget.get(key)
    this.#byTarget.delete(key)
    return secret
  }
}

function keyOf({ namespace, name }: TargetRef): string {
  return `${namespace}/${name}`
}
