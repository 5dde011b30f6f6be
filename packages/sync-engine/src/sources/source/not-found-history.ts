import type { SecretRef, SecretSyncError } from '@ack-secret-manager/core'

/** NotFound responses of the secret manager without a value in between. Times are monotonic. */
export interface NotFoundHistory {
  readonly sinceMs: number
  readonly untilMs: number
  /** The latest response was NotFound, without an outage since. */
  readonly isLatest: boolean
}

/** The history after a failure, which may be a NotFound or not. */
export function historyAfter(
  before: NotFoundHistory | undefined,
  { isNotFound, isOutage, nowMs }: { readonly isNotFound: boolean; readonly isOutage: boolean; readonly nowMs: number },
): NotFoundHistory | undefined {
  if (isNotFound) return { sinceMs: before?.sinceMs ?? nowMs, untilMs: nowMs, isLatest: true }
  return before && isOutage ? { ...before, isLatest: false } : undefined
}

/** The durations of a reading; none if the latest response was not NotFound. */
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

/** A missing version does not mean a missing secret, except for the current version, which every secret has. */
export function isSecretAbsent(
  { code, facts }: SecretSyncError,
  { versionId, versionStage = 'ACSCurrent' }: SecretRef,
): boolean {
  return code === 'NotFound' && facts.absent === true && versionId === undefined && versionStage === 'ACSCurrent'
}
