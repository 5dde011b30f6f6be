import {
  defined,
  ERROR_CODES,
  SecretSyncError,
  type SecretValue,
  Sensitive,
  toSecretSyncError,
} from '@ack-secret-manager/core'

const CODES: ReadonlySet<string> = new Set(ERROR_CODES)

/** The value that a package returned for `what`. @throws SecretSyncError `InvalidResponse` if it has no bytes or no version id */
export function checkedValue(value: SecretValue, what: string): SecretValue {
  const { bytes, versionId, versionStages, type, dataType, rotation, requestId } = value
  const exposed: unknown = bytes.expose()
  if (!(exposed instanceof Uint8Array) || typeof versionId !== 'string' || versionId === '') {
    throw new SecretSyncError('InvalidResponse', `${what}: the backend returned no bytes or no version id`)
  }
  return {
    // The package may have its own copy of the class.
    bytes: new Sensitive(exposed),
    versionId,
    versionStages: Array.isArray(versionStages) ? versionStages : [],
    type: typeof type === 'string' ? type : 'Generic',
    dataType: dataType === 'binary' ? 'binary' : 'text',
    ...defined({ rotation, requestId }),
  }
}

/** The error that a package threw or returned for `what`. The message of a foreign error may hold a secret, so only its kind is kept. */
export function checkedError(error: unknown, what: string): SecretSyncError {
  const known = toSecretSyncError(error, what)
  return CODES.has(known.code) ? known : new SecretSyncError('Internal', `${what}: failed with an unknown code`)
}
