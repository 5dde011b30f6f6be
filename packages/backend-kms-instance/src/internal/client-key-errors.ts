import {
  type ErrorTable,
  KMS_ERRORS,
  type RemoteFailure,
  type ErrorClassification,
  classifyErrorResponse,
} from '@ack-secret-manager/alicloud-openapi'

const invalid = (hint: string): ErrorClassification => ({ code: 'InvalidResponse', hint })
const refused = (hint: string): ErrorClassification => ({ code: 'Unauthenticated', hint, credentialRefused: true })

const CHANGED = invalid('the request arrived otherwise than it was sent: something on the way changes requests')
const OTHER_SERVICE = invalid('the endpoint does not know the operation: is it that of a KMS instance?')
const SIGNATURE = refused(
  'its signature does not match: is the key of the client key file the one that the instance has for this id?',
)

/** Codes that only the gateway's own protocol has. Alibaba Cloud KMS, "Error codes of the KMS instance gateway". */
const CLIENT_KEY_ERRORS: ErrorTable = {
  ...KMS_ERRORS,
  Unauthorized: refused(
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

/** One code stands for every header that is wrong; which one, only the message tells. */
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

/** The meaning of an error answer to a request that a client key signed. */
export function classifyClientKeyError(failure: RemoteFailure): ErrorClassification {
  if (failure.httpStatus === 413) return invalid('the gateway finds the request too large')
  const isSignature = failure.remoteCode === undefined && failure.httpStatus === 401
  return isSignature ? SIGNATURE : classifyErrorResponse(failure, CLIENT_KEY_ERRORS)
}
