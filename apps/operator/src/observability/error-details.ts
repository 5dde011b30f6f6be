import { defined, type ErrorCode, type SecretSyncError } from '@ack-secret-manager/core'

/** Log fields of an error in addition to its message; `requestId` only if the error has one. */
export function errorDetails({ code, facts }: SecretSyncError): {
  readonly code: ErrorCode
  readonly requestId?: string
} {
  return { code, ...defined({ requestId: facts.requestId }) }
}
