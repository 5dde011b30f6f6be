import type { SecretRef, SecretSyncError } from '@ack-secret-manager/core'

/** What a manager has said, with no word to the contrary since: there is no such secret. Times are monotonic. */
export interface Absence {
  readonly sinceMs: number
  readonly untilMs: number
  /** It was its last answer, and no outage came after it. */
  readonly isLatest: boolean
}

/** What is known of a source's absence after a failure. Pure. */
export function absenceAfter(
  before: Absence | undefined,
  error: SecretSyncError,
  { ref, isOutage, nowMs }: { readonly ref: SecretRef; readonly isOutage: boolean; readonly nowMs: number },
): Absence | undefined {
  if (saysAbsent(error, ref)) return { sinceMs: before?.sinceMs ?? nowMs, untilMs: nowMs, isLatest: true }
  return before && isOutage ? { ...before, isLatest: false } : undefined
}

/** For how long a source's last answer has been that it is absent; nothing where that was another. */
export function absentFor(absence: Absence | undefined): { readonly absentMs?: number } {
  return absence?.isLatest === true ? { absentMs: absence.untilMs - absence.sinceMs } : {}
}

/** That a version is missing says nothing about its secret, but for the current one, which every secret has. */
function saysAbsent({ code, facts }: SecretSyncError, { versionId, versionStage = 'ACSCurrent' }: SecretRef): boolean {
  return code === 'NotFound' && facts.absent === true && versionId === undefined && versionStage === 'ACSCurrent'
}
