import type { ObservedSecret, SecretWriter } from '@ack-secret-manager/core'
import { updateDeletionPolicy } from '../../decide/decide.ts'
import { ownerOf, type ResourceKey, resourceKey, type SyncResource } from '../../model/resource.ts'

const MAX_PENDING = 10_000

/** A resource that does not exist. */
export interface GoneResource {
  /** `absent` if this process has not seen its deletion. */
  readonly reason: 'deleted' | 'absent'
  /** Its last state, if its `Retain` may not have been applied to its target. */
  readonly last: SyncResource | undefined
}

/** Deleted resources whose targets are not released yet. */
export class DeletedResources {
  readonly #resources = new Map<ResourceKey, SyncResource | undefined>()

  /** Keeps `resource` if its `Retain` may not have been applied to its target. */
  add(resource: SyncResource, writer: SecretWriter): void {
    const isKept = this.#resources.size < MAX_PENDING && isRetainMissing(writer, resource)
    this.#resources.set(resourceKey(resource), isKept ? resource : undefined)
  }

  get(key: ResourceKey): GoneResource {
    return { reason: this.#resources.has(key) ? 'deleted' : 'absent', last: this.#resources.get(key) }
  }

  delete(key: ResourceKey): void {
    this.#resources.delete(key)
  }
}

/** Applies the resource's `deletionPolicy` to the record and ownerReference of the target. @throws SecretSyncError as the writer */
export async function retainTarget(writer: SecretWriter, resource: SyncResource, signal: AbortSignal): Promise<void> {
  const { spec, namespace, name } = resource
  if (!spec.ok) return
  // The cache may have the target without its records.
  const wanted = { namespace, name: spec.value.target.name ?? name }
  const observed = heldTarget(writer, resource) ?? (await writer.observe(wanted, { signal }))
  if (!observed?.records.has(name)) return
  const { type, target } = spec.value
  const policy = { creation: target.creationPolicy, deletion: target.deletionPolicy }
  const action = updateDeletionPolicy({ target: observed.target, owner: ownerOf(resource), type }, observed, policy)
  if (action) await writer.apply(action, { signal })
}

/** Whether a resource has `Retain` that may not have been applied to its target. */
function isRetainMissing(writer: SecretWriter, resource: SyncResource): boolean {
  if (!resource.spec.ok || resource.spec.value.target.deletionPolicy !== 'Retain') return false
  const held = heldTarget(writer, resource)
  // The cache may have the target without its records.
  return held === undefined || held.records.get(resource.name)?.deletion === 'delete'
}

function heldTarget(writer: SecretWriter, { spec, namespace, name }: SyncResource): ObservedSecret | undefined {
  const wanted = spec.ok ? (spec.value.target.name ?? name) : undefined
  return writer.ownedBy(namespace, name).find(({ target }) => target.name === wanted)
}
