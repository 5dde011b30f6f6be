import { isSecretSyncError, type ObservedSecret } from '@ack-secret-manager/core'
import type { ResourceKey, SyncResource } from '../../model/resource.ts'
import type { SyncOutcome } from '../../report/sync-outcome.ts'
import type { ReconcileContext } from './reconcile-context.ts'
import { isReported } from './reported-content.ts'
import type { UnacknowledgedWrite } from './unacknowledged-write.ts'

/**
 * Resources whose target may not have the content that its record names, because admission has changed it or the response to a write is
 * missing. Metadata does not show that, so the next sync reads the content.
 */
export class UnverifiedTargets {
  readonly #keys = new Set<ResourceKey>()
  /** Resources whose target was compared with the status of an earlier process. */
  readonly #compared = new Set<ResourceKey>()
  /** Writes without a response. */
  readonly #unacknowledged = new Map<ResourceKey, UnacknowledgedWrite>()

  /** Context for the next sync. */
  contextOf(key: ResourceKey): Pick<ReconcileContext, 'unacknowledged' | 'onUnacknowledged'> {
    return {
      unacknowledged: this.#unacknowledged.get(key),
      onUnacknowledged: (write) => {
        this.#keys.add(key)
        this.#unacknowledged.set(key, write)
      },
    }
  }

  has(key: ResourceKey): boolean {
    return this.#keys.has(key)
  }

  /** Compares the metadata of a target with the status once. @returns whether the content must be read */
  observed(key: ResourceKey, resource: SyncResource, secret: ObservedSecret | undefined): boolean {
    if (this.#compared.has(key) || !secret?.records.has(resource.name)) return false
    this.#compared.add(key)
    // Generated keys read the content anyway.
    const isRead = resource.spec.ok && resource.spec.value.generate.length > 0
    if (isRead || isReported(resource, secret)) return false
    this.#keys.add(key)
    return true
  }

  ended(key: ResourceKey, outcome: SyncOutcome): void {
    if (outcome.kind === 'refused') this.failed(key, outcome.error)
    if (outcome.kind !== 'synced') return
    this.#compared.add(key)
    if (outcome.action !== 'wait') this.#unacknowledged.delete(key)
    // Keys of a failed source were not written, so they stay unverified.
    if (outcome.failures.length === 0) this.#keys.delete(key)
  }

  failed(key: ResourceKey, error: unknown): void {
    if (isSecretSyncError(error) && error.code === 'WriteDenied') this.#keys.add(key)
  }

  forget(key: ResourceKey): void {
    this.#keys.delete(key)
    this.#compared.delete(key)
    this.#unacknowledged.delete(key)
  }
}
