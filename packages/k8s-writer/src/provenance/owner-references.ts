import type { Owner, OwnerRecord } from '@ack-secret-manager/core'
import type { OwnerReference } from '@ack-secret-manager/k8s-client'
import { GROUP } from '../names.ts'

/** Whether Kubernetes is to delete the Secret with its owner. */
export function isCollected(record: OwnerRecord): boolean {
  return record.creation === 'owner' && record.deletion === 'delete'
}

/** Value of the annotation that names the owner of a retained Secret; undefined where Kubernetes knows the owner, or nobody owns it. */
export function ownerAnnotationOf(records: ReadonlyMap<string, OwnerRecord>, namespace: string): string | undefined {
  for (const [name, { creation, deletion }] of records) {
    if (creation === 'owner' && deletion === 'retain') return `${namespace}/${name}`
  }
  return undefined
}

/**
 * The reference of a Secret to its owner. It does not block the owner's deletion: that would need a right on the owner's
 * finalizers where the admission plugin OwnerReferencesPermissionEnforcement is on.
 */
export function referenceTo({ apiVersion, kind, name, uid }: Owner): OwnerReference {
  return { apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: false }
}

/** Whether the reference is to a resource of ours, of that name if one is given. */
export function isOurReference(reference: OwnerReference, name?: string): boolean {
  return reference.apiVersion.startsWith(`${GROUP}/`) && (name === undefined || reference.name === name)
}

/**
 * The list that a patch has to send so that exactly the given reference of `ownerName` is there and those of others stay;
 * undefined when it is as it should be.
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
