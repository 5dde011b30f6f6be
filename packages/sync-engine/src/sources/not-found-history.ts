import type { SecretRef, SecretSyncError } from '@ack-secret-manager/core'

/** What a manager has said, with no word to the contrary since: there is no such secret. Times are monotonic. */
export interface NotFoundHistory {
  readonly sinceMs: number
  readonly untilMs: number
  /** It was its last answer, and no outage came after it. */
  readonly isLatest: boolean
}

/** What is known of a source's absence after a failure, which `says` that there is none or does not. Pure. */
export function historyAfter(
  before: NotFoundHistory | undefined,
  { says, isOutage, nowMs }: { readonly says: boolean; readonly isOutage: boolean; readonly nowMs: number },
): NotFoundHistory | undefined {
  if (says) return { sinceMs: before?.sinceMs ?? nowMs, untilMs: nowMs, isLatest: true }
  return before && isOutage ? { ...before, isLatest: false } : undefined
}

/** What a reading says of answers that a secret, or what is read of it, is absent; nothing where the latest was another. */
export function notFoundDurations(
  absence: NotFoundHistory | undefined,
  notFound: NotFoundHistory | undefined,
): { readonly absentMs?: number; readonly notFoundMs?: number } {
  const [absentMs, notFoundMs] = [durationOf(absence), durationOf(notFound)]
  return { ...(absentMs !== undefined && { absentMs }), ...(notFoundMs !== undefined && { notFoundMs }) }
}

function durationOf(absence: NotFoundHistory | undefined): number | undefined {
  return absence?.isLatest === true ? absence.untilMs - absence.sinceMs : undefined
}

/** That a version is missing says nothing about its secret, but for the current one, which every secret has. */
export function isSecretAbsent(
  { code, facts }: SecretSyncError,
  { versionId, versionStage = 'ACSCurrent' }: SecretRef,
): boolean {
  return code === 'NotFound' && facts.absent === true && versionId === undefined && versionStage === 'ACSCurrent'
}
