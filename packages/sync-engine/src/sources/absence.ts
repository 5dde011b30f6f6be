import type { SecretRef, SecretSyncError } from '@ack-secret-manager/core'

/** What a manager has said, with no word to the contrary since: there is no such secret. Times are monotonic. */
export interface Absence {
  readonly sinceMs: number
  readonly untilMs: number
  /** It was its last answer, and no outage came after it. */
  readonly isLatest: boolean
}

/** What is known of a source's absence after a failure, which `says` that there is none or does not. Pure. */
export function absenceAfter(
  before: Absence | undefined,
  { says, isOutage, nowMs }: { readonly says: boolean; readonly isOutage: boolean; readonly nowMs: number },
): Absence | undefined {
  if (says) return { sinceMs: before?.sinceMs ?? nowMs, untilMs: nowMs, isLatest: true }
  return before && isOutage ? { ...before, isLatest: false } : undefined
}

/** For how long a source's last answer has been that it is absent; nothing where that was another. */
export function absentForMs(absence: Absence | undefined): number | undefined {
  return absence?.isLatest === true ? absence.untilMs - absence.sinceMs : undefined
}

/** That a version is missing says nothing about its secret, but for the current one, which every secret has. */
export function saysAbsent(
  { code, facts }: SecretSyncError,
  { versionId, versionStage = 'ACSCurrent' }: SecretRef,
): boolean {
  return code === 'NotFound' && facts.absent === true && versionId === undefined && versionStage === 'ACSCurrent'
}
