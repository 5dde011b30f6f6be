/** Every way in which keeping a Secret equal to its source can fail. Closed: a new failure gets a new member here. */
export const ERROR_CODES = [
  // what a backend or credential provider can say
  'NotFound',
  'AccessDenied',
  'Unauthenticated',
  'Throttled',
  'Unavailable',
  'Timeout',
  'InvalidResponse',
  // what is wrong with a resource or with what it refers to
  'InvalidSpec',
  'StoreNotFound',
  'StoreNotAllowed',
  'CrossNamespaceRefused',
  // what is wrong with a value that was read
  'PathNotFound',
  'NotADocument',
  'InvalidKey',
  'InvalidForType',
  'DuplicateKey',
  'TemplateError',
  'TooLarge',
  'NoData',
  // what is wrong at the target
  'TargetConflict',
  'Conflict',
  'WriteDenied',
  'WriteFailed',
  // the process itself
  'Cancelled',
  'Internal',
] as const

/** See {@link ERROR_CODES}. */
export type ErrorCode = (typeof ERROR_CODES)[number]

/** Codes that a {@link SecretBackend.read} may throw. */
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

interface CodeFacts {
  /** The condition reason that users see. */
  readonly reason: ReadyReason
  /**
   * - `transient`: try again soon, with backoff; the last value is still trusted.
   * - `settled`: the other side has decided; ask again at the interval.
   * - `on-change`: only a change of the resource, its store or its target can help.
   */
  readonly retry: 'transient' | 'settled' | 'on-change'
}

const FACTS: Readonly<Record<ErrorCode, CodeFacts>> = {
  NotFound: { reason: 'SecretNotFound', retry: 'settled' },
  AccessDenied: { reason: 'AccessDenied', retry: 'settled' },
  Unauthenticated: { reason: 'AuthenticationFailed', retry: 'transient' },
  Throttled: { reason: 'Unavailable', retry: 'transient' },
  Unavailable: { reason: 'Unavailable', retry: 'transient' },
  Timeout: { reason: 'Unavailable', retry: 'transient' },
  InvalidResponse: { reason: 'Unavailable', retry: 'transient' },
  InvalidSpec: { reason: 'InvalidSpec', retry: 'on-change' },
  StoreNotFound: { reason: 'StoreNotFound', retry: 'on-change' },
  StoreNotAllowed: { reason: 'StoreNotAllowed', retry: 'on-change' },
  CrossNamespaceRefused: { reason: 'CrossNamespaceRefused', retry: 'on-change' },
  PathNotFound: { reason: 'PathNotFound', retry: 'settled' },
  NotADocument: { reason: 'NotADocument', retry: 'settled' },
  InvalidKey: { reason: 'InvalidKey', retry: 'settled' },
  InvalidForType: { reason: 'InvalidForType', retry: 'settled' },
  DuplicateKey: { reason: 'DuplicateKey', retry: 'settled' },
  TemplateError: { reason: 'TemplateError', retry: 'on-change' },
  TooLarge: { reason: 'TooLarge', retry: 'settled' },
  NoData: { reason: 'NoData', retry: 'settled' },
  TargetConflict: { reason: 'TargetConflict', retry: 'on-change' },
  Conflict: { reason: 'WriteFailed', retry: 'transient' },
  WriteDenied: { reason: 'WriteFailed', retry: 'settled' },
  WriteFailed: { reason: 'WriteFailed', retry: 'transient' },
  Cancelled: { reason: 'InternalError', retry: 'transient' },
  Internal: { reason: 'InternalError', retry: 'transient' },
}

/** The reason of the Ready condition for an error code. */
export function reasonOf(code: ErrorCode): ReadyReason {
  return FACTS[code].reason
}

/** Whether and when trying again can help, see {@link CodeFacts.retry}. */
export function retryOf(code: ErrorCode): CodeFacts['retry'] {
  return FACTS[code].retry
}

/** True for failures to reach the manager at all: the value we have is not contradicted, it only grows old. */
export function isOutage(code: ErrorCode): boolean {
  return code === 'Throttled' || code === 'Unavailable' || code === 'Timeout' || code === 'InvalidResponse'
}
