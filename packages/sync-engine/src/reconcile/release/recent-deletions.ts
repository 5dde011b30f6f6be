import type { Clock, TargetRef } from '@ack-secret-manager/core'
import { resourceKey } from '../../model/resource.ts'

/** How long a `Merge` waits for the owner of a deleted target to create it again. */
const WAIT_MS = 10_000

/** The owner of the deleted target may create it again, so the sync is retried in a second. */
export class AwaitedTargetError extends Error {}

/**
 * Recently deleted targets of other owners. `kubectl replace --force` and Helm delete a Secret and create it again at once. A
 * `Merge` that creates it in between would make them fail.
 */
export class RecentDeletions {
  readonly #clock: Clock
  /** Monotonic milliseconds by target, oldest first. */
  readonly #deletedMs = new Map<string, number>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  add(target: TargetRef): void {
    const nowMs = this.#clock.monotonic()
    const key = resourceKey(target)
    for (const [other, deletedMs] of this.#deletedMs) {
      if (nowMs - deletedMs < WAIT_MS) break
      this.#deletedMs.delete(other)
    }
    this.#deletedMs.delete(key)
    this.#deletedMs.set(key, nowMs)
  }

  /** @throws AwaitedTargetError while the owner of the target may create it again */
  assertNotAwaited(target: TargetRef): void {
    const deletedMs = this.#deletedMs.get(resourceKey(target))
    if (deletedMs !== undefined && this.#clock.monotonic() - deletedMs < WAIT_MS) throw new AwaitedTargetError()
  }
}
