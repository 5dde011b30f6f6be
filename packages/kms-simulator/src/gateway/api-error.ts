/** An error that goes to the client as the service would send it. Its message is the service's own wording. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  /** HTTP status. */
  readonly status: number
  /** `Code` of the answer, such as `Forbidden.ResourceNotFound`. */
  readonly code: string
  /** `AccessDeniedDetail` of the answer. */
  readonly accessDenied: AccessDeniedDetail | undefined
  /** How long the client is asked to wait, in milliseconds. */
  readonly retryAfterMs: number | undefined

  constructor(
    status: number,
    code: string,
    message: string,
    options: { accessDenied?: AccessDeniedDetail; retryAfterMs?: number | undefined } = {},
  ) {
    super(message)
    this.status = status
    this.code = code
    this.accessDenied = options.accessDenied
    this.retryAfterMs = options.retryAfterMs
  }
}

/** Why RAM refused, as the gateway tells it. */
export interface AccessDeniedDetail {
  readonly AuthAction: string
  readonly AuthPrincipalDisplayName: string
  readonly AuthPrincipalOwnerId: string
  readonly AuthPrincipalType: 'SubUser' | 'AssumedRoleUser'
  readonly NoPermissionType: 'ImplicitDeny' | 'ExplicitDeny'
  readonly PolicyType: 'AccountLevelIdentityBasedPolicy'
}

/** A parameter whose value is not valid: 400 `InvalidParameter`. */
export function invalidParameter(name: string, why: string): ApiError {
  return new ApiError(400, 'InvalidParameter', `The specified parameter ${name} is not valid: ${why}.`)
}

/** A required parameter or header that is absent: 400 `MissingParameter`. */
export function missingParameter(name: string): ApiError {
  return new ApiError(400, 'MissingParameter', `The parameter ${name} is mandatory for this action.`)
}

/** 404 as KMS words it, for a secret as for a version. */
export function resourceNotFound(): ApiError {
  return new ApiError(404, 'Forbidden.ResourceNotFound', 'Resource not found.')
}
