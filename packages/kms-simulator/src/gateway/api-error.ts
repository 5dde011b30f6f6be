/** An error response in the form and with the text of the service. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  /** HTTP status. */
  readonly status: number
  /** `Code` of the response, such as `Forbidden.ResourceNotFound`. */
  readonly code: string
  /** `AccessDeniedDetail` of the response. */
  readonly accessDenied: AccessDeniedDetail | undefined
  /** Requested pause, in milliseconds. */
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

/** Cause of a denial by RAM, in the form of the gateway. */
export interface AccessDeniedDetail {
  readonly AuthAction: string
  readonly AuthPrincipalDisplayName: string
  readonly AuthPrincipalOwnerId: string
  readonly AuthPrincipalType: 'SubUser' | 'AssumedRoleUser'
  readonly NoPermissionType: 'ImplicitDeny' | 'ExplicitDeny'
  readonly PolicyType: 'AccountLevelIdentityBasedPolicy'
}

/** A parameter with an invalid value: 400 `InvalidParameter`. */
export function invalidParameter(name: string, why: string): ApiError {
  return new ApiError(400, 'InvalidParameter', `The specified parameter ${name} is not valid: ${why}.`)
}

/** A missing parameter or header: 400 `MissingParameter`. */
export function missingParameter(name: string): ApiError {
  return new ApiError(400, 'MissingParameter', `The parameter ${name} is mandatory for this action.`)
}

/** 404 with the text of KMS, for a secret and for a version. */
export function resourceNotFound(): ApiError {
  return new ApiError(404, 'Forbidden.ResourceNotFound', 'Resource not found.')
}

/** The error of an operation that the product does not have. */
export function unknownAction(): ApiError {
  return new ApiError(404, 'InvalidAction.NotFound', 'Specified api is not found, please check your url and method.')
}
