import type { Secret } from '../kms/secret.ts'

/** A change of a secret, by the API operation that makes it. */
export type ChangeName =
  | 'CreateSecret'
  | 'PutSecretValue'
  | 'RotateSecret'
  | 'UpdateSecretVersionStage'
  | 'UpdateSecret'
  | 'DeleteSecret'
  | 'RestoreSecret'
  | 'TagResource'

/** What changed between two states of a secret; undefined if nothing did. */
export function changeBetween(before: Secret | undefined, after: Secret | undefined): ChangeName | undefined {
  if (after === undefined) return before === undefined ? undefined : 'DeleteSecret'
  if (before === undefined) return 'CreateSecret'
  if (before === after) return undefined
  if (before.plannedDeleteAtMs !== after.plannedDeleteAtMs) {
    return after.plannedDeleteAtMs === undefined ? 'RestoreSecret' : 'DeleteSecret'
  }
  if (before.rotation?.lastAtMs !== after.rotation?.lastAtMs) return 'RotateSecret'
  if (before.versions === after.versions) return before.tags === after.tags ? 'UpdateSecret' : 'TagResource'
  const known = new Set(before.versions.map(({ id }) => id))
  return after.versions.every(({ id }) => known.has(id)) ? 'UpdateSecretVersionStage' : 'PutSecretValue'
}
