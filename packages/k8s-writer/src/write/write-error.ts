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

/** What was asked of the API server. */
export interface Attempt {
  readonly verb: Extract<KubeVerb, 'get' | 'list' | 'create' | 'patch' | 'delete'>
  readonly target: TargetRef
  /** The API server was unreachable shortly before. @default false */
  readonly afterOutage?: boolean
}

const IMMUTABLE = 'it is immutable (immutable: true); delete it and it is made anew'

/** Whether a write was refused because the Secret is immutable. */
export function isImmutable({ code, message }: SecretSyncError): boolean {
  return code === 'WriteDenied' && message.endsWith(IMMUTABLE)
}

/** A failed call, as the contract of the writer knows it. Of the API server's own words only field paths are kept, and what is in the way. */
export function writeError(error: unknown, attempt: Attempt): SecretSyncError {
  if (isKubeApiError(error)) return answered(error, attempt)
  const failure = toSecretSyncError(error, describe(attempt))
  // Of the credentials for the cluster; those of a store have the code for themselves.
  if (failure.code === 'Unauthenticated') return rewritten(failure, 'WriteDenied')
  if (failure.code === 'InvalidResponse') return rewritten(failure, 'Unavailable')
  return failure
}

/** What is in the way beside the API server itself, whatever status it answers with. */
const ADMISSION: Readonly<Record<AdmissionRejection['kind'], readonly [code: ErrorCode, why: (by: string) => string]>> =
  {
    denied: ['WriteDenied', (by) => `${by} denies it; have it admit what this operator writes`],
    exceeded: ['WriteDenied', (quota) => `quota ${quota} is used up; raise it, or delete what nobody needs`],
    unreachable: [
      'Unavailable',
      (by) => `the API server cannot call ${by}; see to what serves it, or have it leave out what this operator writes`,
    ],
  }

function answered(error: KubeApiError, attempt: Attempt): SecretSyncError {
  const { verb, target } = attempt
  const fail = (code: ErrorCode, why: string, more: ErrorFacts = {}): SecretSyncError =>
    new SecretSyncError(code, `${describe(attempt)}: ${why}`, {
      facts: { httpStatus: error.status, ...(error.reason ? { remoteCode: error.reason } : {}), ...more },
    })
  if (error.admission) {
    const [code, why] = ADMISSION[error.admission.kind]
    return fail(code, why(error.admission.by))
  }
  switch (error.status) {
    case 401:
      return fail('WriteDenied', 'the API server does not accept our credentials; check kubeconfig or ServiceAccount')
    case 403:
      if (isNamespaceTerminating(error)) {
        return fail('WriteFailed', `namespace ${target.namespace} is being deleted`, {
          remoteCode: NAMESPACE_TERMINATING,
        })
      }
      if (attempt.afterOutage) {
        return fail(
          'Unavailable',
          'the API server answers 403 shortly after an outage; its roles may not be loaded yet',
        )
      }
      return fail(
        'WriteDenied',
        `forbidden; give us verb "${verb}" on "secrets" in namespace ${target.namespace} (Role or ClusterRole), and look for an admission policy that refuses it`,
      )
    case 404:
      return verb === 'create' || verb === 'list'
        ? fail('WriteFailed', `namespace ${target.namespace} does not exist`)
        : fail('Conflict', 'it is gone')
    case 409:
      return fail('Conflict', verb === 'create' ? 'it exists already' : 'it has changed meanwhile')
    case 413:
      return fail('TooLarge', 'the API server refuses it for its size')
    case 422:
      return invalid(error, fail)
    default:
      return error.status === 408 || error.status === 429 || error.status >= 500
        ? fail('Unavailable', `the API server answers ${error.status}`, pauseOf(error))
        : fail('WriteFailed', `the API server answers ${error.status}`)
  }
}

/** Refused by validation: which field says why. */
function invalid(
  { causes }: KubeApiError,
  fail: (code: ErrorCode, why: string, more?: ErrorFacts) => SecretSyncError,
): SecretSyncError {
  const [cause] = causes
  if (!cause) return fail('InvalidForType', 'the API server finds it invalid')
  if (cause.field === '') return fail('WriteDenied', 'refused for no field of it; look for an admission policy')
  if (causes.some(({ field }) => field === 'metadata.uid')) return fail('Conflict', 'it is another object now')
  const field = { field: cause.field }
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

function pauseOf({ retryAfterMs }: KubeApiError): ErrorFacts {
  return retryAfterMs === undefined ? {} : { retryAfterMs }
}

function rewritten({ message, facts }: SecretSyncError, code: ErrorCode): SecretSyncError {
  return new SecretSyncError(code, message, { facts })
}
