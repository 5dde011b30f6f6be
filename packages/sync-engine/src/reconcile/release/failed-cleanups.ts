import {
  isSecretSyncError,
  nameText,
  reasonOf,
  type SecretSyncError,
  type SecretWriter,
} from '@ack-secret-manager/core'
import type { ResourceSharing, SyncReporter } from '../../sync-engine-options.ts'
import { type ResourceKey, splitKey } from '../../model/resource.ts'
import { StaleReconcileError } from '../guard/stale-reconcile-error.ts'

export interface FailedCleanupsOptions {
  readonly writer: Pick<SecretWriter, 'ownedBy' | 'targetsOf' | 'unfinished'>
  readonly sharing?: Pick<ResourceSharing, 'mayCleanUp'> | undefined
  readonly reporter: Pick<SyncReporter, 'recordEvent'>
}

/** Failed cleanups after deleted ExternalSecrets. Their events are recorded on the remaining Secrets. */
export class FailedCleanups {
  readonly #options: FailedCleanupsOptions
  readonly #resources = new Set<ResourceKey>()

  constructor(options: FailedCleanupsOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#resources.size
  }

  /**
   * Runs the cleanup after a deleted resource, unless another process does.
   * @returns false if the resource exists again
   * @throws the error of the cleanup
   */
  async run(key: ResourceKey, cleanUp: () => Promise<void>, signal: AbortSignal): Promise<boolean> {
    try {
      if (await this.#mayCleanUp(key, signal)) await cleanUp()
      this.#resources.delete(key)
      return true
    } catch (error) {
      if (error instanceof StaleReconcileError) return false
      if (isSecretSyncError(error) && error.code !== 'Cancelled') this.#failed(key, error)
      throw error
    }
  }

  /** The resource exists again, and reports for itself. */
  forget(key: ResourceKey): void {
    this.#resources.delete(key)
  }

  async #mayCleanUp(key: ResourceKey, signal: AbortSignal): Promise<boolean> {
    const { writer, sharing } = this.#options
    const [namespace, name] = splitKey(key)
    const [replacement] = writer.unfinished?.({ namespace, name }) ?? []
    const targets = writer.targetsOf?.(namespace, name) ?? writer.ownedBy(namespace, name)
    const hasTargets = replacement !== undefined || targets.length > 0
    return !hasTargets || sharing === undefined || sharing.mayCleanUp(key, { signal })
  }

  #failed(key: ResourceKey, error: SecretSyncError): void {
    // A first failure may be a conflict, which the next attempt resolves.
    if (!this.#resources.has(key)) {
      this.#resources.add(key)
      return
    }
    const { writer, reporter } = this.#options
    const [namespace, name] = splitKey(key)
    const message = `Cleanup after deleted ExternalSecret ${nameText(name)} failed: ${error.message}`
    for (const { target, uid } of writer.ownedBy(namespace, name)) {
      const secret = { apiVersion: 'v1', kind: 'Secret', namespace, name: target.name, uid }
      reporter.recordEvent(secret, { type: 'Warning', reason: reasonOf(error.code), message })
    }
  }
}
