/** One validation failure that the API server reported, without the value. */
export interface KubeErrorCause {
  /** Path such as `spec.data[0].key`. */
  readonly field: string
  /** Such as `FieldValueRequired`. */
  readonly reason: string
}

/** The admission plugin, policy or webhook that rejected a request about a Secret. */
export interface AdmissionRejection {
  /** `denied` by a policy or webhook, `exceeded` for a quota, `unreachable` for a webhook that the API server cannot call. */
  readonly kind: 'denied' | 'exceeded' | 'unreachable'
  /** Such as `admission webhook "policy.example.com"`, or `quota few`. */
  readonly by: string
}

/** Fields of an error response. */
export interface KubeApiErrorDetails {
  readonly status: number
  /** `reason` of the Status object, such as `NotFound`, `AlreadyExists`, `Conflict` or `Invalid`; empty if absent. */
  readonly reason: string
  readonly causes: readonly KubeErrorCause[]
  /** `Retry-After` of the API server, in milliseconds. */
  readonly retryAfterMs?: number
  readonly admission?: AdmissionRejection | undefined
}

/** A starting kube-apiserver returns 403 or 404 until it has loaded roles and CRDs. 30 s are enough for large clusters. */
export const API_SERVER_STARTUP_MS = 30_000

const BRAND = Symbol.for('ack-secret-manager.KubeApiError')

/** An error response of the API server. The message names verb and object and is safe to log. */
export class KubeApiError extends Error {
  override readonly name = 'KubeApiError'
  readonly status: number
  readonly reason: string
  readonly causes: readonly KubeErrorCause[]
  readonly retryAfterMs: number | undefined
  readonly admission: AdmissionRejection | undefined

  constructor(message: string, details: KubeApiErrorDetails) {
    super(message)
    this.status = details.status
    this.reason = details.reason
    this.causes = details.causes
    this.retryAfterMs = details.retryAfterMs
    this.admission = details.admission
    Object.defineProperty(this, BRAND, { value: true })
  }
}

/** Whether a request was rejected because its namespace is being deleted. */
export function isNamespaceTerminating({ status, causes }: KubeApiError): boolean {
  return status === 403 && causes.some(({ reason }) => reason === 'NamespaceTerminating')
}

/** Whether `error` is a {@link KubeApiError} of any copy of the package, and has the status if one is given. */
export function isKubeApiError(error: unknown, status?: number): error is KubeApiError {
  if (!(error instanceof Error) || !(BRAND in error)) return false
  return status === undefined || ('status' in error && error.status === status)
}
