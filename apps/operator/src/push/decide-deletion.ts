import { isManagedType, type ObservedSecret, type SecretChange } from '@ack-secret-manager/kms-management'
import { isOwnedBy } from './decide-push.ts'

/** The next call for a KMS secret that is no longer pushed. */
export type DeletionStep =
  /** `deleted`: it is gone or in its recovery window. `foreign`: another owner has it, so it stays. */
  | { readonly kind: 'done'; readonly state: 'deleted' | 'foreign' }
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
  if (isManagedType(type) || !isOwnedBy(observed, owner)) return { kind: 'done', state: 'foreign' }
  if (plannedDeletionMs !== undefined) return { kind: 'done', state: 'deleted' }
  return { kind: 'change', change: { kind: 'delete', name, recoveryDays } }
}
