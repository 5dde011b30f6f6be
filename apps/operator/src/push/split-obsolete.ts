import type { PushedSecret } from '@ack-secret-manager/resources'
import type { PushFailure, PushOutcome } from './push-status.ts'

const HELD = 'not deleted, because not every KMS secret of the spec is pushed, and this one may be the only copy'

/**
 * Decides which unwanted secrets may be deleted. Deletions wait until every wanted secret is pushed, because an unwanted one may be the
 * only copy of a value. A deletion that has begun continues, because everything was pushed then. Pure.
 */
export function splitObsolete(
  obsolete: readonly PushedSecret[],
  { pushed, failures }: { readonly pushed: readonly PushOutcome[]; readonly failures: readonly PushFailure[] },
): { readonly due: readonly PushedSecret[]; readonly held: readonly PushOutcome[] } {
  // A secret that `IfNotExists` keeps may have another value.
  const isComplete = failures.length === 0 && pushed.every(({ entry }) => entry.state === 'Pushed')
  const isDue = ({ state }: PushedSecret): boolean => isComplete || state === 'Deleting'
  return {
    due: obsolete.filter(isDue),
    held: obsolete.filter((entry) => !isDue(entry)).map((entry) => ({ entry, held: HELD })),
  }
}
