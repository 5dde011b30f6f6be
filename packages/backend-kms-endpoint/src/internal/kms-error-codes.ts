import type { ErrorCode } from '@ack-secret-manager/core'

/** What one of KMS's own error codes means to a reader of values. */
export interface KmsVerdict {
  readonly code: Extract<
    ErrorCode,
    'NotFound' | 'AccessDenied' | 'Unauthenticated' | 'Throttled' | 'Unavailable' | 'InvalidResponse'
  >
  /** What it is and what to do, as the end of a sentence. */
  readonly hint: string
  /** The credential itself was refused: ask its source for a newer one. */
  readonly credentialRefused?: true
}

const denied = (hint: string): KmsVerdict => ({ code: 'AccessDenied', hint })
const refused = (hint: string): KmsVerdict => ({ code: 'Unauthenticated', hint, credentialRefused: true })
const unavailable = (hint: string): KmsVerdict => ({ code: 'Unavailable', hint })
const invalid = (hint: string): KmsVerdict => ({ code: 'InvalidResponse', hint })

const NO_PERMISSION = denied('no RAM policy allows it')
const KEY_GONE = denied('the KMS key that protects it is gone: its value cannot be decrypted any more')
const KEY_OFF = denied('the KMS key that protects it is disabled or about to be deleted: enable it')
const IN_DEBT = denied('the account is in debt: settle it')
const ACCOUNT = denied('KMS does not know the account: activate KMS for it')
const UNKNOWN_KEY = refused('KMS does not know the AccessKey, or its session has expired')
const SIGNATURE = refused('the signature does not match: check the AccessKey secret')
const TOKEN = refused('the security token is missing, expired, or belongs to another AccessKey')
const CLOCK: KmsVerdict = {
  code: 'Unauthenticated',
  hint: "the request's time is refused: check this machine's clock",
}
const THROTTLED: KmsVerdict = { code: 'Throttled', hint: 'KMS throttles: more calls than the quota' }
const BROKEN = unavailable('KMS has a failure of its own')
const REQUEST = invalid(
  'KMS takes the request for malformed: check the name, version stage and version id of the secret',
)
const NOT_KMS = invalid('the endpoint does not know the operation: is it a KMS endpoint?')

/**
 * Alibaba Cloud KMS API reference, "Error codes", and "Common errors" of the API gateway. Codes are matched before the
 * HTTP status: KMS answers 403 and 404 for more than missing permission and missing secrets.
 */
const BY_CODE: ReadonlyMap<string, KmsVerdict> = new Map([
  ['Forbidden.ResourceNotFound', { code: 'NotFound', hint: 'no such secret or version: check name and region' }],
  ['Rejected.ResourceInDeleteWindow', { code: 'NotFound', hint: 'it is scheduled for deletion: restore it in KMS' }],
  ['Forbidden.NoPermission', NO_PERMISSION],
  ['NoPermission', NO_PERMISSION],
  ['Forbidden.RAM', NO_PERMISSION],
  ['Forbidden.KeyNotFound', KEY_GONE],
  ['Forbidden.KeyVersionNotFound', KEY_GONE],
  ['Forbidden.AliasNotFound', KEY_GONE],
  ['Rejected.Disabled', KEY_OFF],
  ['Rejected.PendingDeletion', KEY_OFF],
  ['Rejected.PendingImport', KEY_OFF],
  ['Forbidden.InDebt', IN_DEBT],
  ['Forbidden.InDebtOverdue', IN_DEBT],
  ['Forbidden.KmsServiceNotEnabled', denied('KMS is not activated for the account: activate it')],
  ['Forbidden.UbsmsInvalidUserid', ACCOUNT],
  ['Forbidden.UbsmsInvalidBid', ACCOUNT],
  ['Forbidden.ProhibitedByRiskControl', denied('the risk control of Alibaba Cloud forbids it')],
  ['Rejected.UnsupportedOperation', denied('KMS does not support reading it this way')],
  ['Forbidden.AccessKey', refused('the AccessKey is disabled')],
  ['InvalidAccessKeyId.NotFound', UNKNOWN_KEY],
  ['InvalidAccessKeyId.Inactive', refused('the AccessKey is disabled')],
  ['SignatureDoesNotMatch', SIGNATURE],
  ['IncompleteSignature', SIGNATURE],
  ['MissingSecurityToken', TOKEN],
  ['InvalidSecurityToken.Expired', TOKEN],
  ['InvalidSecurityToken.Malformed', TOKEN],
  ['InvalidSecurityToken.MismatchWithAccessKey', TOKEN],
  ['IllegalTimestamp', CLOCK],
  ['InvalidTimeStamp.Expired', CLOCK],
  ['InvalidTimeStamp.Format', CLOCK],
  ['SignatureNonceUsed', unavailable('KMS has seen the same request before: something on the way repeats requests')],
  ['Rejected.Throttling', THROTTLED],
  ['Rejected.LimitExceeded', THROTTLED],
  ['Throttling', THROTTLED],
  ['Throttling.User', THROTTLED],
  ['Throttling.Api', THROTTLED],
  ['InternalFailure', BROKEN],
  ['InternalError', BROKEN],
  ['ServiceUnavailable', BROKEN],
  ['ServiceUnavailableTemporary', BROKEN],
  ['Rejected.StateModifiedFailed', BROKEN],
  ['Forbidden.DKMSInstanceStateInvalid', unavailable('the KMS instance that holds it is not running')],
  ['Forbidden.DKMSInstanceNotFound', unavailable('the KMS instance that holds it does not exist')],
  ['MissingParameter', REQUEST],
  ['InvalidParameter', REQUEST],
  ['ParseRequestParameterException', REQUEST],
  ['UnsupportedHTTPMethod', invalid('the request arrived with another HTTP method: something on the way rewrites it')],
  ['InvalidAction.NotFound', NOT_KMS],
  ['InvalidVersion', NOT_KMS],
] satisfies ReadonlyArray<readonly [string, KmsVerdict]>)

/** Families of codes, for members that the references do not list. */
const BY_PREFIX: ReadonlyArray<readonly [string, KmsVerdict]> = [
  ['InvalidAccessKeyId', UNKNOWN_KEY],
  ['InvalidSecurityToken', TOKEN],
  ['Signature', SIGNATURE],
  ['InvalidTimeStamp', CLOCK],
  ['Throttling', THROTTLED],
  ['ServiceUnavailable', BROKEN],
  ['InternalError', BROKEN],
  ['InvalidAction', NOT_KMS],
  ['InvalidParameter', REQUEST],
  ['MissingParameter', REQUEST],
  ['Forbidden', denied('KMS forbids it')],
]

/** The meaning of KMS's error code, or of the HTTP status alone where there is no code, or one nobody has heard of. */
export function kmsVerdict(remoteCode: string | undefined, status: number | undefined): KmsVerdict {
  if (remoteCode !== undefined) {
    const exact = BY_CODE.get(remoteCode)
    if (exact !== undefined) return exact
    const family = BY_PREFIX.find(([prefix]) => remoteCode.startsWith(prefix))
    if (family !== undefined) return family[1]
  }
  return byStatus(status ?? 0)
}

/** 404 is absent on purpose: it may mean a wrong endpoint, and only KMS itself may say that a secret does not exist. */
function byStatus(status: number): KmsVerdict {
  if (status === 401) return UNKNOWN_KEY
  if (status === 403) return denied('the endpoint forbids it')
  if (status === 429) return THROTTLED
  if (status === 408) return unavailable('the endpoint waited too long for the request')
  if (status >= 500) return BROKEN
  return invalid('the endpoint refuses the request for a reason unknown to us')
}
