import { type ErrorTable, KMS_ERRORS } from '@ack-secret-manager/alicloud-openapi'

/** Error codes of KMS for management operations, where they mean something else than for reads of a value. */
export const MANAGEMENT_ERRORS: ErrorTable = {
  ...KMS_ERRORS,
  'Rejected.ResourceExist': {
    code: 'Conflict',
    hint: 'it exists already, or the version id holds another value: choose another version id',
  },
  'Rejected.ResourceInDeleteWindow': {
    code: 'Conflict',
    hint: 'it is scheduled for deletion: restore it first',
  },
  'Rejected.StateModifiedFailed': { code: 'Conflict', hint: 'its state does not allow this, or has just changed' },
  'Rejected.UnsupportedOperation': { code: 'InvalidSpec', hint: 'KMS does not support this for secrets of its type' },
  'Rejected.LimitExceeded': {
    code: 'InvalidSpec',
    hint: 'a limit of KMS is reached (stages and tags of a secret, secrets of the account): remove some',
  },
  InvalidParameter: {
    code: 'InvalidSpec',
    hint: 'KMS rejects the request as malformed: check name, version id, tags and description',
  },
}
