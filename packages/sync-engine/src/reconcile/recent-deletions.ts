import type { Clock, TargetRef } from '@ack-secret-manager/core'
import { resourceKey } from '../model/resource.ts'

/** How long a `Merge` waits until the maker of a deleted target has created it again. */
const WAIT_MS = 10_000

/** The sync is to be repeated in a second, because the maker of the deleted target may be about to create it again. */
export class AwaitedTargetError extends Error {}

/**
 * Targets that others made and have deleted. `kubectl replace --force` and Helm delete a Secret to create it again at once: a `Merge`
 * that created it in between would make their creation fail.
 */
export class RecentDeletions {
  readonly #clock: Clock
  /** Monotonic milliseconds by target; the oldest first. */
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

  /** @throws AwaitedTargetError while the maker of the target may create it again */
  assertNotAwaited(target: TargetRef): void {
    const deletedMs = this.#deletedMs.get(resourceKey(target))
    if (deletedMs !== undefined && this.#clock.monotonic() - deletedMs < WAIT_MS) throw new AwaitedTargetError()
  }
}
