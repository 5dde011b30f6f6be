import { SecretSyncError } from '../errors/secret-sync-error.ts'
import type { TargetRef } from './secret-writer.ts'

/** The error of `SecretWriter.apply` for an action that the writer does not know, such as one of a newer engine. */
export function unknownAction({
  kind,
  target,
}: {
  readonly kind: string
  readonly target: TargetRef
}): SecretSyncError {
  return new SecretSyncError(
    'WriteFailed',
    `writing Secret ${target.namespace}/${target.name}: action.kind: the writer does not know ${JSON.stringify(kind)}; use versions of engine and writer that belong together`,
  )
}
