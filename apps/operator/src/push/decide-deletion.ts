import { isManagedType, type ObservedSecret, type SecretChange } from '@ack-secret-manager/kms-management'
import { isOwnedBy, ownerFound } from './decide-push.ts'

/** The next call for a KMS secret that is no longer pushed. */
export type DeletionStep =
  /** The secret does not exist, or is in its recovery window. */
  | { readonly kind: 'done'; readonly state: 'deleted' }
  /** Another owner has the secret, so it stays. */
  | { readonly kind: 'done'; readonly state: 'foreign'; readonly why: string }
  | { readonly kind: 'change'; readonly change: SecretChange }

export interface DeletionTarget {
  readonly name: string
  /** Value of the ownership tag. */
  readonly owner: string
  readonly recoveryDays: number
}

/** Schedules the deletion of an owned secret, and never deletes at once. Pure. */
export function decideDeletion(
  { name, owner, recoveryDays }: DeletionTarget,
  observed: ObservedSecret | undefined,
): DeletionStep {
  if (observed === undefined) return { kind: 'done', state: 'deleted' }
  const { type, plannedDeletionMs } = observed.description
  if (isManagedType(type)) return foreign(`it is of the managed type ${type}`)
  if (!isOwnedBy(observed, owner))
    return foreign(`${ownerFound(observed, owner)}, and this one is ${JSON.stringify(owner)}`)
  if (plannedDeletionMs !== undefined) return { kind: 'done', state: 'deleted' }
  return { kind: 'change', change: { kind: 'delete', name, recoveryDays } }
}

function foreign(why: string): DeletionStep {
  return { kind: 'done', state: 'foreign', why }
}
