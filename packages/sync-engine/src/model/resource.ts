import type { Owner, SecretSyncError } from '@ack-secret-manager/core'
import type { ExternalSecretSpec, ExternalSecretStatus } from '@ack-secret-manager/resources'

/** `namespace/name` of the resource that wants a target. */
export type ResourceKey = string

export function resourceKey(resource: { readonly namespace: string; readonly name: string }): ResourceKey {
  return `${resource.namespace}/${resource.name}`
}

export function splitKey(key: ResourceKey): readonly [namespace: string, name: string] {
  const slash = key.indexOf('/')
  return [key.slice(0, slash), key.slice(slash + 1)]
}

export function namespaceOf(key: ResourceKey): string {
  return splitKey(key)[0]
}

/** One ExternalSecret as the engine sees it: its spec and its last known status. */
export interface SyncResource {
  readonly namespace: string
  readonly name: string
  readonly uid: string
  readonly generation: number
  readonly apiVersion: string
  readonly kind: string
  /** The spec, or why it is invalid. */
  readonly spec:
    | { readonly ok: true; readonly value: ExternalSecretSpec }
    | { readonly ok: false; readonly error: SecretSyncError }
  /** As last written or observed; undefined before the first reconcile. */
  readonly status: ExternalSecretStatus | undefined
  /** Value of the refresh-now annotation: any new value refreshes. */
  readonly refreshNow: string | undefined
  /** The resource requests adoption of an existing target. */
  readonly adopt: boolean
  /** It has a `deletionTimestamp`: nothing is written for it. @default false */
  readonly terminating?: boolean | undefined
  /** When it was created, in wall-clock milliseconds. @default 0: older than every resource with a time */
  readonly createdMs?: number | undefined
  /** resourceVersion of the resource with its status, for {@link SyncReporter.isNewer}. Absent if nothing else writes the status. */
  readonly version?: string | undefined
}

/** Whether a changed resource still has the same spec and requests. Ignores the status. */
export function isSameRequest(before: SyncResource, now: SyncResource): boolean {
  return (
    before.uid === now.uid &&
    before.generation === now.generation &&
    before.adopt === now.adopt &&
    isTerminating(before) === isTerminating(now)
  )
}

/** Whether the result of a sync of `resource` may still be written. */
export function isCurrent(resource: SyncResource, now: SyncResource | undefined): boolean {
  return isLive(resource, now) && now?.generation === resource.generation && now.adopt === resource.adopt
}

/** Whether the same resource still exists and is not being deleted. */
export function isLive(resource: SyncResource, now: SyncResource | undefined): boolean {
  return now?.uid === resource.uid && !isTerminating(now)
}

/** Whether a resource is being deleted. */
export function isTerminating({ terminating }: SyncResource): boolean {
  return terminating === true
}

/** The resource as the owner of its target. */
export function ownerOf(resource: SyncResource): Owner {
  return { apiVersion: resource.apiVersion, kind: resource.kind, name: resource.name, uid: resource.uid }
}

export function secretsOf({ data, dataProcess }: ExternalSecretSpec): readonly string[] {
  return [...new Set([...data.map(({ key }) => key), ...dataProcess.map(({ extract }) => extract.key)])]
}
