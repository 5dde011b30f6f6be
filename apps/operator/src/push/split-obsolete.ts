import type { PushedSecret } from '@ack-secret-manager/resources'
import type { PushFailure, PushOutcome } from './push-status.ts'

const HELD = 'not deleted, because not every KMS secret of the spec is pushed, and this one may be the only copy'

/** How a run went before its deletions. */
export interface RunProgress {
  readonly pushed: readonly PushOutcome[]
  /** Of entries whose name is not known, or not unique. */
  readonly failures: readonly PushFailure[]
  /** The record has no room for a wanted secret. */
  readonly isFull: boolean
}

/**
 * Decides which unwanted secrets may be deleted. Deletions wait until every wanted secret is pushed, because an unwanted one may be the
 * only copy of a value. A deletion that has begun continues, because everything was pushed then, unless an entry may want its secret
 * again. Pure.
 */
export function splitObsolete(
  obsolete: readonly PushedSecret[],
  { pushed, failures, isFull }: RunProgress,
): { readonly due: readonly PushedSecret[]; readonly held: readonly PushOutcome[] } {
  // A secret that `IfNotExists` keeps may have another value.
  const isComplete = !isFull && pushed.every(({ entry }) => entry.state === 'Pushed')
  const isDue = ({ state }: PushedSecret): boolean => failures.length === 0 && (isComplete || state === 'Deleting')
  return {
    due: obsolete.filter(isDue),
    held: obsolete.filter((entry) => !isDue(entry)).map((entry) => ({ entry, held: HELD })),
  }
}
