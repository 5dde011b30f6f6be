import {
  type ErrorTable,
  GATEWAY_ERRORS,
  type RemoteFailure,
  type Verdict,
  verdictOf,
} from '@ack-secret-manager/alicloud-openapi'

const denied = (hint: string): Verdict => ({ code: 'AccessDenied', hint })
const invalid = (hint: string): Verdict => ({ code: 'InvalidResponse', hint })
const unavailable = (hint: string): Verdict => ({ code: 'Unavailable', hint })

const KEY_GONE = denied('the KMS key that protects it is gone: its value cannot be decrypted any more')
const KEY_OFF = denied('the KMS key that protects it is disabled or about to be deleted: enable it')
const REQUEST = invalid(
  'the gateway takes the request for malformed: check name, version stage and version id of the secret',
)
const CHANGED = invalid('the request arrived otherwise than it was sent: something on the way changes requests')
const OTHER_SERVICE = invalid('the endpoint does not know the operation: is it that of a KMS instance?')

/** Codes of KMS that both ways in have in common. Alibaba Cloud KMS API reference, "Error codes". */
const KMS_ERRORS: ErrorTable = {
  'Forbidden.ResourceNotFound': { code: 'NotFound', hint: 'no such secret or version: check name and instance' },
  'Rejected.ResourceInDeleteWindow': { code: 'NotFound', hint: 'it is scheduled for deletion: restore it in KMS' },
  'Forbidden.KeyNotFound': KEY_GONE,
  'Forbidden.KeyVersionNotFound': KEY_GONE,
  'Forbidden.AliasNotFound': KEY_GONE,
  'Rejected.Disabled': KEY_OFF,
  'Rejected.PendingDeletion': KEY_OFF,
  'Rejected.PendingImport': KEY_OFF,
  'Rejected.UnsupportedOperation': denied('KMS does not support reading it this way'),
  UnsupportedOperation: denied('KMS does not support reading it this way'),
  'Rejected.LimitExceeded': { code: 'Throttled', hint: 'KMS throttles: more calls than the quota' },
  'Forbidden.DKMSInstanceStateInvalid': unavailable('the KMS instance is not running'),
  'Forbidden.DKMSInstanceNotFound': unavailable('the KMS instance does not exist'),
  'Rejected.StateModifiedFailed': unavailable('the service has a failure of its own'),
  InvalidParameter: REQUEST,
  MissingParameter: REQUEST,
}

const refused = (hint: string): Verdict => ({ code: 'Unauthenticated', hint, credentialRefused: true })
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
  'Forbidden.NoPermission': denied('the permission policy of its application access point does not allow it'),
}

/** One code stands for every header that is wrong; which one, only the message tells. */
function invalidHeader(failure: RemoteFailure): Verdict {
  const header = /\bParam (Date|Authorization|Content-SHA256|x-kms-[a-z]+)\b/i.exec(failure.message.expose())?.[1]
  switch (header?.toLowerCase()) {
    case 'date':
      return wrongClock(failure)
    case 'authorization':
      return SIGNATURE
    case undefined:
      return REQUEST
    default:
      return CHANGED
  }
}

function wrongClock(failure: RemoteFailure): Verdict {
  return verdictOf({ ...failure, remoteCode: 'IllegalTimestamp' })
}

/** The meaning of an error answer to a request that a client key signed. */
export function clientKeyVerdict(failure: RemoteFailure, identity: string): Verdict {
  if (failure.httpStatus === 413) return invalid('the gateway finds the request too large')
  if (failure.remoteCode === undefined && failure.httpStatus === 401) return about(identity, SIGNATURE)
  return about(identity, verdictOf(failure, CLIENT_KEY_ERRORS))
}

/** The meanings for a RAM identity; refusals name it. */
export function ramErrors(identity: string): ErrorTable {
  const entries = Object.entries({ ...GATEWAY_ERRORS, ...KMS_ERRORS })
  return Object.fromEntries(
    entries.map(([code, entry]) => [
      code,
      (failure: RemoteFailure) => about(identity, typeof entry === 'function' ? entry(failure) : entry),
    ]),
  )
}

/** Who may not, and who is not believed, belong into the message: it ends up where people look for the reason. */
function about(identity: string, verdict: Verdict): Verdict {
  if (verdict.code === 'AccessDenied')
    return { ...verdict, hint: `${identity} may not kms:GetSecretValue it: ${verdict.hint}` }
  if (verdict.code === 'Unauthenticated') return { ...verdict, hint: `${identity} is refused: ${verdict.hint}` }
  return verdict
}
