import type { ErrorCode } from './error-codes.ts'
import { errorKind } from './error-kind.ts'
import { escapeControls } from './printable.ts'

/** Facts about a failure that are safe to log and to show. Never a value, a token, a URL with a query or a body. */
export interface ErrorFacts {
  /** HTTP status that the other side answered. */
  readonly httpStatus?: number
  /** The other side's own error code, such as `Forbidden.ResourceNotFound`. */
  readonly remoteCode?: string
  /** The other side's request id, for its support. */
  readonly requestId?: string
  /** How long the other side asked us to wait, in milliseconds. */
  readonly retryAfterMs?: number
  /**
   * With `NotFound`: the other side says that what was asked for does not exist, neither now nor in a bin from which it could
   * be restored. Targets may be deleted for it, so only what it has said in as many words counts.
   */
  readonly absent?: true
  /** Path of the field that is wrong, such as `spec.data[0].key`. */
  readonly field?: string
}

/** `remoteCode` of a write that the API server refuses because the namespace is being deleted. */
export const NAMESPACE_TERMINATING = 'NamespaceTerminating'

/** Works across copies of this package: a backend may carry its own. */
const BRAND = Symbol.for('ack-secret-manager.SecretSyncError')

/**
 * The one error type that crosses package borders. Its message names the object and what to do about it, is fit for a
 * condition, an event and a log as it stands, has control characters escaped, and is the same for the same failure: what differs each time is in the facts.
 */
export class SecretSyncError extends Error {
  override readonly name = 'SecretSyncError'
  readonly code: ErrorCode
  readonly facts: ErrorFacts

  constructor(code: ErrorCode, message: string, options: { facts?: ErrorFacts; cause?: unknown } = {}) {
    super(escapeControls(message), options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.facts = options.facts ?? {}
    Object.defineProperty(this, BRAND, { value: true })
  }
}

/** Whether `error` is a {@link SecretSyncError}, of this or another copy of the package. */
export function isSecretSyncError(error: unknown): error is SecretSyncError {
  return typeof error === 'object' && error !== null && BRAND in error
}

/**
 * The message with the request id that the other side's support asks for: for a terminal or a log. A condition or an event
 * has the message alone, lest the same failure look like another at each request.
 */
export function messageWithRequestId({ message, facts }: SecretSyncError): string {
  return facts.requestId === undefined ? message : `${message} [request id ${facts.requestId}]`
}

/**
 * Any thrown thing as a {@link SecretSyncError}. A foreign error's message is dropped on purpose:
 * libraries put URLs, tokens and bodies into theirs. Its {@link errorKind} remains.
 */
export function toSecretSyncError(error: unknown, what: string): SecretSyncError {
  if (isSecretSyncError(error)) return error
  return new SecretSyncError('Internal', `${what}: unexpected ${errorKind(error)}; this is a defect, please report it`)
}
