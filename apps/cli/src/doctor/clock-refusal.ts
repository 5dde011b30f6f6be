import { isSecretSyncError } from '@ack-secret-manager/core'
import type { FailedFinding } from './check.ts'

/** Id of the check of the clock. */
export const CLOCK = 'network.clock'
/** What to do about a wrong clock. */
export const SET_CLOCK = 'Set the clock of this machine: enable time synchronisation (NTP)'
/** Of STS, KMS and OOS, of the KMS API and of the instance gateway. */
const REJECTED_TIME = /^(?:InvalidTimeStamp|IllegalTimestamp|RequestTimeTooSkewed)/

/** What to do about a request whose timestamp a service rejects; undefined for every other error. Pure. */
export function clockRefusal(error: unknown): Pick<FailedFinding, 'action' | 'consequenceOf'> | undefined {
  if (!isSecretSyncError(error) || !REJECTED_TIME.test(error.facts.remoteCode ?? '')) return undefined
  return { action: SET_CLOCK, consequenceOf: CLOCK }
}
