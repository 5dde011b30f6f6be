import { type GuidedKind, reasonGuideOf } from '@ack-secret-manager/resources'

/** What to do about a reason, from the table behind the reference page of reasons. */
export function reasonAction(kind: GuidedKind, condition: string, reason: string): string {
  const guide = reasonGuideOf(kind, condition, reason)
  return guide?.cure ?? `Update acksm: this version does not know the reason ${reason}`
}
