import {
  type ErrorTable,
  KMS_ERRORS,
  type RemoteFailure,
  type ErrorClassification,
  classifyErrorResponse,
} from '@ack-secret-manager/alicloud-openapi'

const invalid = (hint: string): ErrorClassification => ({ code: 'InvalidResponse', hint })
const unauthenticated = (hint: string): ErrorClassification => ({
  code: 'Unauthenticated',
  hint,
  credentialRefused: true,
})

const CHANGED = invalid('the request was changed in transit: check for a proxy that rewrites requests')
const OTHER_SERVICE = invalid('the endpoint does not know the operation: check that it belongs to a KMS instance')
const SIGNATURE = unauthenticated(
  'its signature does not match: check that the client key file belongs to this id and instance',
)

/** Error codes of the gateway protocol. Alibaba Cloud KMS, "Error codes of the KMS instance gateway". */
const CLIENT_KEY_ERRORS: ErrorTable = {
  ...KMS_ERRORS,
  Unauthorized: unauthenticated(
    'the instance does not know the client key: it was deleted, has expired, or is of another instance',
  ),
  SignatureNotMatch: SIGNATURE,
  RequestTimeTooSkewed: wrongClock,
  InvalidParam: invalidHeader,
  InvalidApiName: OTHER_SERVICE,
  InvalidApiVersion: OTHER_SERVICE,
  InvalidContentType: CHANGED,
  'Forbidden.NoPermission': {
    code: 'AccessDenied',
    hint: 'the permission policy of its application access point does not allow it',
  },
}

/** All invalid headers share one code; only the message names the header. */
function invalidHeader(failure: RemoteFailure): ErrorClassification {
  const header = /\bParam (Date|Authorization|Content-SHA256|x-kms-[a-z]+)\b/i.exec(failure.message.expose())?.[1]
  switch (header?.toLowerCase()) {
    case 'date':
      return wrongClock(failure)
    case 'authorization':
      return SIGNATURE
    case undefined:
      return classifyErrorResponse({ ...failure, remoteCode: 'InvalidParameter' }, KMS_ERRORS)
    default:
      return CHANGED
  }
}

function wrongClock(failure: RemoteFailure): ErrorClassification {
  return classifyErrorResponse({ ...failure, remoteCode: 'IllegalTimestamp' })
}

/** Classifies the error response to a request that was signed with a client key. */
export function classifyClientKeyError(failure: RemoteFailure): ErrorClassification {
  if (failure.httpStatus === 413) return invalid('the gateway rejects the request as too large')
  const isSignature = failure.remoteCode === undefined && failure.httpStatus === 401
  return isSignature ? SIGNATURE : classifyErrorResponse(failure, CLIENT_KEY_ERRORS)
}
