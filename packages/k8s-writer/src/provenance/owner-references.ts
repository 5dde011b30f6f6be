import type { Owner, OwnerRecord } from '@ack-secret-manager/core'
import type { OwnerReference } from '@ack-secret-manager/k8s-client'
import { GROUP } from '@ack-secret-manager/resources'

/** Whether Kubernetes garbage-collects the Secret with its owner. */
export function isCollected(record: OwnerRecord): boolean {
  return record.creation === 'owner' && record.deletion === 'delete'
}

/** Value of the owner annotation of a retained Secret; undefined if it has an owner reference or no owner. */
export function ownerAnnotationOf(records: ReadonlyMap<string, OwnerRecord>, namespace: string): string | undefined {
  for (const [name, { creation, deletion }] of records) {
    if (creation === 'owner' && deletion === 'retain') return `${namespace}/${name}`
  }
  return undefined
}

/**
 * The owner reference of a Secret. It does not block the deletion of the owner, because that needs permission for the finalizers of
 * the owner with the admission plugin OwnerReferencesPermissionEnforcement.
 */
export function referenceTo({ apiVersion, kind, name, uid }: Owner): OwnerReference {
  return { apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: false }
}

/** Whether the reference is to a resource of this operator, with that name if one is given. */
export function isOurReference(reference: OwnerReference, name?: string): boolean {
  return reference.apiVersion.startsWith(`${GROUP}/`) && (name === undefined || reference.name === name)
}

/**
 * The list for a patch that sets the reference of `ownerName` and keeps those of others; undefined if nothing changes.
 */
export function patchedReferences(
  references: readonly OwnerReference[],
  ownerName: string,
  wanted: OwnerReference | undefined,
): readonly OwnerReference[] | undefined {
  const present = references.filter((reference) => isOurReference(reference, ownerName))
  const others = references.filter((reference) => !isOurReference(reference, ownerName))
  if (!wanted) return present.length === 0 ? undefined : others
  const [only] = present
  if (only && present.length === 1 && sameReference(only, wanted)) return undefined
  return [...others, wanted]
}

function sameReference(a: OwnerReference, b: OwnerReference): boolean {
  return a.apiVersion === b.apiVersion && a.kind === b.kind && a.uid === b.uid && a.controller === b.controller
}
