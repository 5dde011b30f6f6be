/** The closed list of failures of a sync. */
export const ERROR_CODES = [
  // from a backend or credential provider
  'NotFound',
  'AccessDenied',
  'Unauthenticated',
  'Throttled',
  'Unavailable',
  'Timeout',
  'InvalidResponse',
  // a resource or an object that it references
  'InvalidSpec',
  'StoreNotFound',
  'StoreNotAllowed',
  'CrossNamespaceRefused',
  // a value that was read
  'PathNotFound',
  'NotADocument',
  'InvalidKey',
  'InvalidForType',
  'DuplicateKey',
  'TemplateError',
  'TooLarge',
  'NoData',
  // the target
  'TargetConflict',
  'Conflict',
  'WriteDenied',
  'WriteFailed',
  // the process itself
  'Cancelled',
  'Internal',
] as const

export type ErrorCode = (typeof ERROR_CODES)[number]

/** Codes that a {@link SecretBackend.read} may throw, without `Cancelled`. */
export type ReadErrorCode = Extract<
  ErrorCode,
  | 'NotFound'
  | 'AccessDenied'
  | 'Unauthenticated'
  | 'Throttled'
  | 'Unavailable'
  | 'Timeout'
  | 'InvalidResponse'
  | 'InvalidSpec'
>

/** Reasons of the Ready condition, as users see them. */
export type ReadyReason =
  | 'Synced'
  | 'Suspended'
  | 'Degraded'
  | 'Stale'
  | 'SecretNotFound'
  | 'AuthenticationFailed'
  | 'AccessDenied'
  | 'Unavailable'
  | 'StoreNotFound'
  | 'StoreNotAllowed'
  | 'CrossNamespaceRefused'
  | 'InvalidSpec'
  | 'PathNotFound'
  | 'NotADocument'
  | 'InvalidKey'
  | 'InvalidForType'
  | 'DuplicateKey'
  | 'TemplateError'
  | 'TooLarge'
  | 'NoData'
  | 'TargetConflict'
  | 'WriteFailed'
  | 'InternalError'

interface CodeDetails {
  /** The condition reason that users see. */
  readonly reason: ReadyReason
  /**
   * - `transient`: retry soon, with backoff; the last value stays valid.
   * - `at-interval`: a response was received, and an early retry would get the same one; read again at the refresh interval.
   * - `on-change`: only a change of the resource, its store or its target can help.
   */
  readonly retry: 'transient' | 'at-interval' | 'on-change'
}

const DETAILS: Readonly<Record<ErrorCode, CodeDetails>> = {
  NotFound: { reason: 'SecretNotFound', retry: 'at-interval' },
  AccessDenied: { reason: 'AccessDenied', retry: 'at-interval' },
  Unauthenticated: { reason: 'AuthenticationFailed', retry: 'transient' },
  Throttled: { reason: 'Unavailable', retry: 'transient' },
  Unavailable: { reason: 'Unavailable', retry: 'transient' },
  Timeout: { reason: 'Unavailable', retry: 'transient' },
  InvalidResponse: { reason: 'Unavailable', retry: 'transient' },
  InvalidSpec: { reason: 'InvalidSpec', retry: 'on-change' },
  StoreNotFound: { reason: 'StoreNotFound', retry: 'on-change' },
  StoreNotAllowed: { reason: 'StoreNotAllowed', retry: 'on-change' },
  CrossNamespaceRefused: { reason: 'CrossNamespaceRefused', retry: 'on-change' },
  PathNotFound: { reason: 'PathNotFound', retry: 'at-interval' },
  NotADocument: { reason: 'NotADocument', retry: 'at-interval' },
  InvalidKey: { reason: 'InvalidKey', retry: 'at-interval' },
  InvalidForType: { reason: 'InvalidForType', retry: 'at-interval' },
  DuplicateKey: { reason: 'DuplicateKey', retry: 'at-interval' },
  TemplateError: { reason: 'TemplateError', retry: 'on-change' },
  TooLarge: { reason: 'TooLarge', retry: 'at-interval' },
  NoData: { reason: 'NoData', retry: 'at-interval' },
  TargetConflict: { reason: 'TargetConflict', retry: 'on-change' },
  Conflict: { reason: 'WriteFailed', retry: 'transient' },
  WriteDenied: { reason: 'WriteFailed', retry: 'at-interval' },
  WriteFailed: { reason: 'WriteFailed', retry: 'transient' },
  Cancelled: { reason: 'InternalError', retry: 'transient' },
  Internal: { reason: 'InternalError', retry: 'transient' },
}

/** The reason of the Ready condition for an error code. */
export function reasonOf(code: ErrorCode): ReadyReason {
  return DETAILS[code].reason
}

/** Whether and when a retry can help, see {@link CodeDetails.retry}. */
export function retryOf(code: ErrorCode): CodeDetails['retry'] {
  return DETAILS[code].retry
}

/** Whether the secret manager could not be reached at all, so that the last value may still be current. */
export function isOutage(code: ErrorCode): boolean {
  return code === 'Throttled' || code === 'Unavailable' || code === 'Timeout' || code === 'InvalidResponse'
}
