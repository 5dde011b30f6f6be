import type { ErrorTable, ErrorClassification } from '../error-classification.ts'

const denied = (hint: string): ErrorClassification => ({ code: 'AccessDenied', hint })
const unavailable = (hint: string): ErrorClassification => ({ code: 'Unavailable', hint })

const KEY_GONE = denied('the KMS key that protects it was deleted: its value cannot be decrypted any more')
const KEY_OFF = denied('the KMS key that protects it is disabled or about to be deleted: enable it')
const IN_DEBT = denied('the account has overdue payments: pay them')
const ACCOUNT = denied('KMS does not know the account: activate KMS for it')
const UNSUPPORTED = denied('KMS does not support reading it this way')
/** An error of the user, not an outage: retries fail until the name is corrected. */
const MALFORMED: ErrorClassification = {
  code: 'InvalidSpec',
  hint: 'KMS rejects the request as malformed: check the name, version stage and version id of the secret',
}
const BROKEN = unavailable('KMS reports an internal error')

/**
 * Error codes of KMS for reads, at its endpoint and at the endpoint of an instance. KMS uses 403 and 404 also for other
 * causes than missing permissions and missing secrets. Alibaba Cloud KMS API reference, "Error codes".
 */
export const KMS_ERRORS: ErrorTable = {
  'Forbidden.ResourceNotFound': {
    code: 'NotFound',
    hint: 'no such secret or version: check its name, and region or instance',
    absent: true,
  },
  'Rejected.ResourceInDeleteWindow': {
    code: 'NotFound',
    hint: 'it is scheduled for deletion: restore it first',
  },
  'Forbidden.KeyNotFound': KEY_GONE,
  'Forbidden.KeyVersionNotFound': KEY_GONE,
  'Forbidden.AliasNotFound': KEY_GONE,
  'Rejected.Disabled': KEY_OFF,
  'Rejected.PendingDeletion': KEY_OFF,
  'Rejected.PendingImport': KEY_OFF,
  'Forbidden.InDebt': IN_DEBT,
  'Forbidden.InDebtOverdue': IN_DEBT,
  'Forbidden.KmsServiceNotEnabled': denied('KMS is not activated for the account: activate it'),
  'Forbidden.UbsmsInvalidUserid': ACCOUNT,
  'Forbidden.UbsmsInvalidBid': ACCOUNT,
  'Forbidden.ProhibitedByRiskControl': denied('the risk control of Alibaba Cloud forbids it'),
  'Rejected.UnsupportedOperation': UNSUPPORTED,
  UnsupportedOperation: UNSUPPORTED,
  'Rejected.LimitExceeded': { code: 'Throttled', hint: 'KMS throttles: more calls than the quota' },
  'Rejected.StateModifiedFailed': BROKEN,
  'Forbidden.DKMSInstanceStateInvalid': unavailable('the KMS instance that holds it is not running'),
  'Forbidden.DKMSInstanceNotFound': unavailable('the KMS instance that holds it does not exist'),
  // Codes of dry runs.
  AccessDeniedError: denied('no RAM policy allows it'),
  ValidationError: MALFORMED,
  InvalidParameter: MALFORMED,
  ParseRequestParameterException: MALFORMED,
}
