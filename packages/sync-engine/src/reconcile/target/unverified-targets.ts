import { isSecretSyncError } from '@ack-secret-manager/core'
import { readyCondition } from '../resource-state.ts'
import type { ResourceKey, SyncResource } from '../../model/resource.ts'
import type { SyncOutcome } from '../../report/sync-outcome.ts'
import type { ReconcileContext } from './reconcile-context.ts'
import type { UnacknowledgedWrite } from './unacknowledged-write.ts'

/**
 * Resources whose target may not have the content that its record names, because admission has changed it or the response to a write is
 * missing. Metadata does not show that, so the next sync reads the content.
 */
export class UnverifiedTargets {
  readonly #keys = new Set<ResourceKey>()
  /** Writes without a response. */
  readonly #unacknowledged = new Map<ResourceKey, UnacknowledgedWrite>()

  /** What the next sync must know. */
  contextOf(key: ResourceKey): Pick<ReconcileContext, 'isInspected' | 'unacknowledged' | 'onUnacknowledged'> {
    return {
      isInspected: this.#keys.has(key),
      unacknowledged: this.#unacknowledged.get(key),
      onUnacknowledged: (write) => {
        this.#keys.add(key)
        this.#unacknowledged.set(key, write)
      },
    }
  }

  /** The status of an earlier process may say that a write failed. */
  announce(key: ResourceKey, resource: SyncResource): void {
    if (readyCondition(resource)?.reason === 'WriteFailed') this.#keys.add(key)
  }

  ended(key: ResourceKey, outcome: SyncOutcome): void {
    if (outcome.kind === 'refused') this.failed(key, outcome.error)
    if (outcome.kind !== 'synced') return
    if (outcome.action !== 'wait') this.#unacknowledged.delete(key)
    // The keys of a failed source are not written.
    if (outcome.failures.length === 0) this.#keys.delete(key)
  }

  failed(key: ResourceKey, error: unknown): void {
    if (isSecretSyncError(error) && error.code === 'WriteDenied') this.#keys.add(key)
  }

  forget(key: ResourceKey): void {
    this.#keys.delete(key)
    this.#unacknowledged.delete(key)
  }
}
