/** One thing that the API server found wrong: where and what kind, never the value. */
export interface KubeErrorCause {
  /** Path such as `spec.data[0].key`. */
  readonly field: string
  /** Such as `FieldValueRequired`. */
  readonly reason: string
}

/** What kept a request about a Secret out beside the API server itself. */
export interface AdmissionRejection {
  /** `denied`; `exceeded`, as a quota is; or `uncalled`: it is to be asked and cannot be. */
  readonly kind: 'denied' | 'exceeded' | 'unreachable'
  /** Such as `admission webhook "policy.example.com"`, or `quota few`. */
  readonly by: string
}

/** Facts of an answer that was not a success. */
export interface KubeApiErrorDetails {
  readonly status: number
  /** `reason` of the Status object: `NotFound`, `AlreadyExists`, `Conflict`, `Invalid` …; empty when the answer had none. */
  readonly reason: string
  readonly causes: readonly KubeErrorCause[]
  /** How long the API server asked to wait, in milliseconds. */
  readonly retryAfterMs?: number
  readonly admission?: AdmissionRejection | undefined
}

const BRAND = Symbol.for('ack-secret-manager.KubeApiError')

/** The API server answered, and the answer was no. The message names verb and object and is safe to log. */
export class KubeApiError extends Error {
  override readonly name = 'KubeApiError'
  readonly status: number
  readonly reason: string
  readonly causes: readonly KubeErrorCause[]
  readonly retryAfterMs: number | undefined
  readonly admission: AdmissionRejection | undefined

  constructor(message: string, facts: KubeApiErrorDetails) {
    super(message)
    this.status = facts.status
    this.reason = facts.reason
    this.causes = facts.causes
    this.retryAfterMs = facts.retryAfterMs
    this.admission = facts.admission
    Object.defineProperty(this, BRAND, { value: true })
  }
}

/** Whether an object was refused because its namespace is being deleted. */
export function isNamespaceTerminating({ status, causes }: KubeApiError): boolean {
  return status === 403 && causes.some(({ reason }) => reason === 'NamespaceTerminating')
}

/** Whether `error` is a {@link KubeApiError}, of this or another copy of the package, and has that status if one is given. */
export function isKubeApiError(error: unknown, status?: number): error is KubeApiError {
  if (!(error instanceof Error) || !(BRAND in error)) return false
  return status === undefined || ('status' in error && error.status === status)
}
