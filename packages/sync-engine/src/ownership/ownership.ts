import type { ObservedSecret, Owner } from '@ack-secret-manager/core'

/** How a target relates to the resource that wants it. */
export type Ownership =
  | { readonly kind: 'ours' }
  | { readonly kind: 'unowned' }
  /** Another ExternalSecret owns it. */
  | { readonly kind: 'other-resource'; readonly name: string }
  /** Another controller owns it. */
  | { readonly kind: 'other-controller'; readonly description: string }

/** Who owns the target. */
export function ownershipOf(observed: ObservedSecret, owner: Owner): Ownership {
  const { controller, records } = observed
  if (controller && isSameOwner(controller, owner)) return { kind: 'ours' }
  if (isOfFormerOwner(observed, owner)) return { kind: 'ours' }
  if (controller && controller.kind === owner.kind) return { kind: 'other-resource', name: controller.name }
  if (records.has(owner.name) && !(controller && records.get(owner.name)?.creation === 'owner')) return { kind: 'ours' }
  if (controller) return { kind: 'other-controller', description: `${controller.kind} ${controller.name}` }
  const [other] = records.keys()
  if (other !== undefined) return { kind: 'other-resource', name: other }
  return { kind: 'unowned' }
}

/**
 * Whether the target belongs to a deleted resource of the same name. The garbage collector can miss that deletion. Because a
 * name has one uid at a time, the new resource may adopt the target if the record names it.
 */
export function isOfFormerOwner({ controller, records }: ObservedSecret, { kind, name, uid }: Owner): boolean {
  if (!controller || uid === '' || controller.uid === '' || controller.uid === uid) return false
  return controller.kind === kind && controller.name === name && records.get(name)?.creation === 'owner'
}

/** Whether both are one resource. Kind and name identify a resource without a uid, because targets are in their owner's namespace. */
export function isSameOwner(a: OwnerIdentity, b: OwnerIdentity): boolean {
  return a.uid === b.uid && (a.uid !== '' || (a.kind === b.kind && a.name === b.name))
}

type OwnerIdentity = Pick<Owner, 'kind' | 'name' | 'uid'>
