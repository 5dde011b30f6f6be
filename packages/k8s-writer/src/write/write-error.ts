import {
  type ErrorCode,
  type ErrorFacts,
  NAMESPACE_TERMINATING,
  SecretSyncError,
  type TargetRef,
  toSecretSyncError,
} from '@ack-secret-manager/core'
import {
  type AdmissionRejection,
  isKubeApiError,
  isNamespaceTerminating,
  type KubeApiError,
  type KubeVerb,
} from '@ack-secret-manager/k8s-client'

/** A call to the API server. */
export interface Attempt {
  readonly verb: Extract<KubeVerb, 'get' | 'list' | 'create' | 'patch' | 'delete'>
  readonly target: TargetRef
  /** The API server was unreachable shortly before. @default false */
  readonly afterOutage?: boolean
}

const IMMUTABLE = 'it is immutable (immutable: true); delete it so that it is recreated'

/** Whether a write was rejected because the Secret is immutable. */
export function isImmutable({ code, message }: SecretSyncError): boolean {
  return code === 'WriteDenied' && message.endsWith(IMMUTABLE)
}

/** Limit of the changes that a message lists. */
const MAX_CHANGES = 3

/** The error of a write that the API server has accepted but stored with other content. */
export function changedByAdmission(attempt: Attempt, changes: readonly string[]): SecretSyncError {
  const more = changes.length > MAX_CHANGES ? ` and ${changes.length - MAX_CHANGES} more` : ''
  const what = `${changes.slice(0, MAX_CHANGES).join(', ')}${more}`
  return new SecretSyncError(
    'WriteDenied',
    `${describe(attempt)}: an admission webhook or policy ${what}; exclude the Secrets of this operator from it`,
  )
}

/** Maps a failed call to the contract of the writer. Keeps only field paths and the admission plugin from the message of the API server. */
export function writeError(error: unknown, attempt: Attempt): SecretSyncError {
  if (isKubeApiError(error)) return errorOfResponse(error, attempt)
  const failure = toSecretSyncError(error, describe(attempt))
  // `Unauthenticated` is reserved for the credentials of stores.
  const isOutage = failure.code === 'Unauthenticated' || failure.code === 'InvalidResponse'
  return isOutage ? new SecretSyncError('Unavailable', failure.message, { facts: failure.facts }) : failure
}

/** Errors for rejections by admission, independent of the HTTP status. */
const ADMISSION_ERRORS: Readonly<
  Record<AdmissionRejection['kind'], readonly [code: ErrorCode, why: (by: string) => string]>
> = {
  denied: ['WriteDenied', (by) => `${by} denied it; change it to admit the Secrets of this operator`],
  exceeded: ['WriteDenied', (quota) => `quota ${quota} is exceeded; raise it or delete unused objects`],
  unreachable: [
    'Unavailable',
    (by) => `the API server cannot call ${by}; check its service, or exclude the Secrets of this operator`,
  ],
}

function errorOfResponse(error: KubeApiError, attempt: Attempt): SecretSyncError {
  const { verb, target } = attempt
  const fail = (code: ErrorCode, why: string, more: ErrorFacts = {}): SecretSyncError =>
    new SecretSyncError(code, `${describe(attempt)}: ${why}`, {
      facts: { httpStatus: error.status, ...(error.reason ? { remoteCode: error.reason } : {}), ...more },
    })
  if (error.admission) {
    const [code, why] = ADMISSION_ERRORS[error.admission.kind]
    return fail(code, why(error.admission.by))
  }
  switch (error.status) {
    case 401:
      return fail('Unavailable', 'the API server rejects the credentials; check the kubeconfig or the ServiceAccount')
    case 403:
      if (isNamespaceTerminating(error)) {
        return fail('WriteFailed', `namespace ${target.namespace} is being deleted`, {
          remoteCode: NAMESPACE_TERMINATING,
        })
      }
      if (attempt.afterOutage) {
        return fail(
          'Unavailable',
          'the API server returned 403 shortly after an outage; its roles may not be loaded yet',
        )
      }
      return fail(
        'WriteDenied',
        `forbidden; grant verb "${verb}" on "secrets" in namespace ${target.namespace} (Role or ClusterRole), and check for an admission policy that denies it`,
      )
    case 404:
      return verb === 'create' || verb === 'list'
        ? fail('WriteFailed', `namespace ${target.namespace} does not exist`)
        : fail('Conflict', 'it no longer exists')
    case 409:
      return fail('Conflict', verb === 'create' ? 'it already exists' : 'it was changed in the meantime')
    case 413:
      return fail('TooLarge', 'the API server rejects it as too large')
    case 422:
      return validationError(error, fail)
    default:
      return error.status === 408 || error.status === 429 || error.status >= 500
        ? fail('Unavailable', `the API server returned ${error.status}`, retryAfterOf(error))
        : fail('WriteFailed', `the API server returned ${error.status}`)
  }
}

/** A 422 response. The field decides the code. */
function validationError(
  { causes }: KubeApiError,
  fail: (code: ErrorCode, why: string, more?: ErrorFacts) => SecretSyncError,
): SecretSyncError {
  const [cause] = causes
  if (!cause) return fail('InvalidForType', 'the API server rejects it as invalid')
  if (cause.field === '') return fail('WriteDenied', 'rejected without naming a field; check for an admission policy')
  if (causes.some(({ field }) => field === 'metadata.uid')) return fail('Conflict', 'another object has its name')
  const field = { field: cause.field }
  if (cause.field === 'type')
    return fail('InvalidForType', 'type: the Secret has another one, which can only change if it is recreated', field)
  if (causes.some(({ reason }) => reason === 'FieldValueTooLong')) {
    return fail('TooLarge', `${cause.field} is larger than Kubernetes allows`, field)
  }
  if (causes.every(({ field: path, reason }) => path === 'data' && reason === 'FieldValueForbidden')) {
    return fail('WriteDenied', IMMUTABLE, field)
  }
  if (cause.field === 'metadata.ownerReferences') return fail('TargetConflict', 'another controller owns it', field)
  const list = causes.map(({ field: path, reason }) => `${path} (${reason})`).join(', ')
  return fail('InvalidForType', `invalid for its type: ${list}`, field)
}

function describe({ verb, target }: Attempt): string {
  return `${verb} Secret ${target.namespace}/${target.name}`
}

function retryAfterOf({ retryAfterMs }: KubeApiError): ErrorFacts {
  return retryAfterMs === undefined ? {} : { retryAfterMs }
}
