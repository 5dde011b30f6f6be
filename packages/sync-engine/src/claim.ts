import type { ObservedSecret, Owner } from '@ack-secret-manager/core'

/** How a target relates to the resource that wants it. */
export type Claim =
  | { readonly kind: 'ours' }
  | { readonly kind: 'unowned' }
  /** Another resource of ours holds it. */
  | { readonly kind: 'other-resource'; readonly name: string }
  /** A controller that is none of ours owns it. */
  | { readonly kind: 'other-controller'; readonly description: string }

/** Whose target it is. */
export function claimOf(observed: ObservedSecret, owner: Owner): Claim {
  const { controller, records } = observed
  if (controller && controller.uid === owner.uid) return { kind: 'ours' }
  if (controller && controller.kind === owner.kind) return { kind: 'other-resource', name: controller.name }
  if (records.has(owner.name) && !(controller && records.get(owner.name)?.creation === 'owner')) return { kind: 'ours' }
  if (controller) return { kind: 'other-controller', description: `${controller.kind} ${controller.name}` }
  const [other] = records.keys()
  if (other !== undefined) return { kind: 'other-resource', name: other }
  return { kind: 'unowned' }
}
