import type { ErrorCode, SecretSyncError } from '@ack-secret-manager/core'

/** What a log line tells of an error beside its message. Without a request id that member is left out. */
export function factsOf({ code, facts }: SecretSyncError): { readonly code: ErrorCode; readonly requestId?: string } {
  return { code, ...(facts.requestId === undefined ? {} : { requestId: facts.requestId }) }
}
