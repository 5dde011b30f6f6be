import {
  type OwnerRecord,
  type PatchAction,
  SecretSyncError,
  type SecretWriter,
  type TargetAction,
} from '@ack-secret-manager/core'
import { isGenerated } from '../../model/generated-version.ts'
import type { ResolveStore } from '../../plan/compile.ts'
import { findsSameSecrets, usesSameConnections } from '../../plan/same-connections.ts'
import { nextTurn, type Pause } from '../../queue/turn-pacer.ts'
import { guardedWriter } from './guarded-writer.ts'
import { isCurrent, type ResourceKey, resourceKey, type SyncResource } from '../../model/resource.ts'
import { StaleReconcileError } from './stale-reconcile-error.ts'
import type { SyncPlan } from '../../plan/sync-plan.ts'

/** The resource as the API server has it now. */
export interface LiveOwner {
  readonly uid: string
  /** It has a `deletionTimestamp`. */
  readonly terminating: boolean
  /** Of its spec. Absent if the engine gets its resources from elsewhere. */
  readonly generation?: number | undefined
}

/** Reads a resource from the API server; undefined if it does not exist. @throws SecretSyncError */
export type ReadOwner = (
  resource: Pick<SyncResource, 'namespace' | 'name'>,
  options: { signal: AbortSignal },
) => Promise<LiveOwner | undefined>

export interface WriteGuardOptions {
  readonly writer: SecretWriter
  readonly resolveStore: ResolveStore
  /** The latest known resource; undefined if it was deleted. */
  readonly current: (key: ResourceKey) => SyncResource | undefined
  /** Whether another process syncs the resource. @default none does */
  readonly isForeign?: (key: ResourceKey) => boolean
  /** Reads the resource from the API server; undefined if it was deleted. Absent without an API server. */
  readonly readOwner?: ReadOwner | undefined
}

/** Allows the writes of a sync only while its resource and stores are unchanged. */
export class WriteGuard {
  readonly #options: WriteGuardOptions

  constructor(options: WriteGuardOptions) {
    this.#options = options
  }

  /** The writer for one sync of `resource`. Its `apply` throws {@link StaleReconcileError} once the sync is stale. */
  writerFor(resource: SyncResource, plan?: SyncPlan, pause?: Pause): SecretWriter {
    return guardedWriter(this.#options.writer, async (action, signal) => {
      await this.checkCurrent(resource, plan, pause)
      if (!this.#needsLiveOwner(action, resource)) return
      const owner = await this.#confirmOwner(resource, signal)
      this.#assertCurrent(resource, plan)
      if (action.kind !== 'finish') assertSameSpec(resource, owner)
    })
  }

  /** The writer for the targets of a deleted resource. Its `apply` throws {@link StaleReconcileError} once the resource exists again. */
  writerForDeleted(key: ResourceKey): SecretWriter {
    return guardedWriter(this.#options.writer, async () => {
      if (this.#options.current(key) || this.#options.isForeign?.(key) === true) throw new StaleReconcileError()
    })
  }

  /**
   * Those owners in the namespace of `resource` that do not exist, according to the API server. Without one, that is unknown of all.
   * @throws SecretSyncError if a read fails
   */
  async goneOwners(
    { namespace, uid }: SyncResource,
    names: readonly string[],
    signal: AbortSignal,
  ): Promise<ReadonlySet<string>> {
    const { current, isForeign, readOwner } = this.#options
    const gone = new Set<string>()
    if (!readOwner || uid === '') return gone
    for (const name of names) {
      const key = resourceKey({ namespace, name })
      if (current(key) || isForeign?.(key) === true) continue
      // oxlint-disable-next-line no-await-in-loop -- at most one request of a resource at a time
      if ((await readOwner({ namespace, name }, { signal })) === undefined) gone.add(name)
    }
    return gone
  }

  /** @throws StaleReconcileError if the resource, or a connection of `plan`, has changed */
  async checkCurrent(resource: SyncResource, plan?: SyncPlan, pause: Pause = nextTurn): Promise<void> {
    this.#assertCurrent(resource, plan)
    if (plan === undefined || plan.finds.length === 0) return
    if (!(await findsSameSecrets(plan, this.#options.resolveStore, pause))) throw new StaleReconcileError()
    this.#assertCurrent(resource, plan)
  }

  #assertCurrent(resource: SyncResource, plan?: SyncPlan): void {
    const { current, resolveStore } = this.#options
    if (!isCurrent(resource, current(resourceKey(resource)))) throw new StaleReconcileError()
    if (plan && !usesSameConnections(plan, resolveStore)) throw new StaleReconcileError()
  }

  /**
   * Whether a cached owner is not enough for a write. The garbage collector deletes an existing object that gets an ownerReference to a
   * deleted owner. By an outdated spec, a new leader would remove what the former one has written. A first target is exempt, because it holds
   * nothing yet.
   */
  #needsLiveOwner(action: TargetAction, { status, namespace, name, uid }: SyncResource): boolean {
    if (uid === '') return false
    if (action.kind === 'finish' || action.kind === 'replace' || action.kind === 'release') return true
    if (action.kind !== 'create' && action.kind !== 'patch') return false
    const { record, target } = action
    const held = this.#options.writer.ownedBy(namespace, name).find((one) => one.target.name === target.name)
    if (action.kind === 'patch' && isLossy(action, held?.records.get(name))) return true
    if (record.creation !== 'owner' || record.deletion !== 'delete') return false
    // While a source fails, the status of a resource whose target was deleted still names its sources.
    if (action.kind === 'create') return status?.target?.name === target.name || (status?.secrets ?? []).length > 0
    return held?.controller?.uid !== uid
  }

  async #confirmOwner(resource: SyncResource, signal: AbortSignal): Promise<LiveOwner | undefined> {
    const { readOwner } = this.#options
    if (!readOwner) return undefined
    const owner = await readOwner(resource, { signal })
    if (owner?.uid === resource.uid && !owner.terminating) return owner
    const what = describe(resource)
    const why =
      owner === undefined ? 'was deleted' : owner.terminating ? 'is being deleted' : 'was deleted and created again'
    throw new SecretSyncError('WriteFailed', `${what} ${why}: its Secret is not changed`)
  }
}

/** Whether a write removes or replaces content that only another spec explains, or replaces a generated value. */
function isLossy({ record, set, remove }: PatchAction, held: OwnerRecord | undefined): boolean {
  if (remove.length > 0) return true
  return [...(held?.keys ?? [])].some(
    ([key, { secret }]) => record.keys.get(key)?.secret !== secret || (isGenerated(secret) && set.has(key)),
  )
}

/** @throws SecretSyncError `WriteFailed` if the API server has a newer spec */
function assertSameSpec(resource: SyncResource, owner: LiveOwner | undefined): void {
  const generation = owner?.generation ?? resource.generation
  if (generation === resource.generation) return
  const why = `generation ${generation} is not in the cache yet: its Secret is not changed`
  throw new SecretSyncError('WriteFailed', `${describe(resource)}: ${why}`)
}

function describe({ kind, namespace, name }: SyncResource): string {
  return `${kind} ${namespace}/${name}`
}
