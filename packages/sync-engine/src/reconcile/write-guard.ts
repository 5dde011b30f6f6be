import { SecretSyncError, type SecretWriter, type TargetAction } from '@ack-secret-manager/core'
import { usesSameConnections, type ResolveStore } from '../plan/compile.ts'
import { guardedWriter } from './guarded-writer.ts'
import { isCurrent, type ResourceKey, resourceKey, type SyncResource } from '../model/resource.ts'
import { StaleReconcileError } from './stale-reconcile-error.ts'
import type { SyncPlan } from '../plan/sync-plan.ts'

/** What the API server says now about the resource that a sync was made for. */
export interface LiveOwner {
  readonly uid: string
  /** It has a `deletionTimestamp`. */
  readonly terminating: boolean
}

/** Options of a {@link WriteGuard}. */
export interface WriteGuardOptions {
  readonly writer: SecretWriter
  readonly resolveStore: ResolveStore
  /** The resource as it is known now; undefined when it is gone. */
  readonly current: (key: ResourceKey) => SyncResource | undefined
  /** Reads the resource from the API server; undefined when it is gone. Absent where there is no API server. */
  readonly readOwner?:
    | ((resource: SyncResource, options: { signal: AbortSignal }) => Promise<LiveOwner | undefined>)
    | undefined
}

/** Lets a sync write only while what it was made of is still true. */
export class WriteGuard {
  readonly #options: WriteGuardOptions

  constructor(options: WriteGuardOptions) {
    this.#options = options
  }

  /** The writer for one sync of `resource`. Its `apply` throws {@link StaleReconcileError} once the sync is out of date. */
  writerFor(resource: SyncResource, plan?: SyncPlan): SecretWriter {
    return guardedWriter(this.#options.writer, async (action, signal) => {
      this.assertCurrent(resource, plan)
      if (!this.#needsLiveOwner(action, resource)) return
      await this.#confirmOwner(resource, signal)
      this.assertCurrent(resource, plan)
    })
  }

  /** The writer for what a deleted resource has left; its `apply` throws {@link StaleReconcileError} once the name is in use again. */
  writerForDeleted(key: ResourceKey): SecretWriter {
    return guardedWriter(this.#options.writer, async () => {
      if (this.#options.current(key)) throw new StaleReconcileError()
    })
  }

  /** @throws StaleReconcileError when the resource, or a connection that `plan` reads through, is another one now */
  assertCurrent(resource: SyncResource, plan?: SyncPlan): void {
    const { current, resolveStore } = this.#options
    if (!isCurrent(resource, current(resourceKey(resource)))) throw new StaleReconcileError()
    const { spec, namespace } = resource
    if (plan && spec.ok && !usesSameConnections(plan, spec.value, namespace, resolveStore))
      throw new StaleReconcileError()
  }

  /**
   * Whether a write refers to the resource from an object that does not. The garbage collector deletes what refers to an owner
   * that is gone, so a cached owner is not enough. A first target is exempt: there is nothing to lose.
   */
  #needsLiveOwner(action: TargetAction, { status, namespace, name, uid }: SyncResource): boolean {
    if (uid === '') return false
    if (action.kind === 'finish' || action.kind === 'replace') return true
    if (action.kind !== 'create' && action.kind !== 'patch') return false
    const { record, target } = action
    if (record.creation !== 'owner' || record.deletion !== 'delete') return false
    if (action.kind === 'create') return status?.target?.name === target.name
    const held = this.#options.writer.ownedBy(namespace, name).find((one) => one.target.name === target.name)
    return held?.controller?.uid !== uid
  }

  async #confirmOwner(resource: SyncResource, signal: AbortSignal): Promise<void> {
    const { readOwner } = this.#options
    if (!readOwner) return
    const owner = await readOwner(resource, { signal })
    if (owner?.uid === resource.uid && !owner.terminating) return
    const what = `${resource.kind} ${resource.namespace}/${resource.name}`
    const why =
      owner === undefined ? 'was deleted' : owner.terminating ? 'is being deleted' : 'was deleted and created again'
    throw new SecretSyncError('WriteFailed', `${what} ${why}: its Secret gets no ownerReference`)
  }
}
