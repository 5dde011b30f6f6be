import type { ErrorCode } from './error-codes.ts'
import { errorKind } from './error-kind.ts'
import { escapeControls } from './printable.ts'

/** Details of a failure that are safe to log and to show. Never a value, a token, a URL with a query or a body. */
export interface ErrorFacts {
  readonly httpStatus?: number
  /** Error code of the response, such as `Forbidden.ResourceNotFound`. */
  readonly remoteCode?: string
  /** Request id of the response, for the support of the cloud provider. */
  readonly requestId?: string
  /** `Retry-After` of the response, in milliseconds. */
  readonly retryAfterMs?: number
  /**
   * With `NotFound`: the manager has stated that the secret does not exist and cannot be restored. Set it only for an
   * explicit response, because targets may be deleted for it.
   */
  readonly absent?: true
  /**
   * With an error of `readMany`: the endpoint does not have the call (`unsupported`), or the identity may not make it (`denied`).
   * Single reads are not affected.
   */
  readonly batch?: 'unsupported' | 'denied'
  /** With an outage: the host that issues the credential, which is the cause. The endpoint itself was not called. */
  readonly issuer?: string
  /** Action that RAM reports as missing, such as `kms:Decrypt`. */
  readonly missingAction?: string
  /** HTTP status with which a proxy has refused to connect. */
  readonly proxyStatus?: number
  /** The certificate of the server was rejected: its CA is not trusted, or its name or dates do not match. */
  readonly certificateRejected?: true
  /** The clock is outside the validity of the credential, so that the same credential can become valid. */
  readonly outsideValidity?: true
  /** With `Timeout`: the time limit that was exceeded. The message names it in milliseconds. */
  readonly waitedMs?: number
  /** Path of the field that is wrong, such as `spec.data[0].key`. */
  readonly field?: string
}

/** `remoteCode` of a write that the API server rejects because the namespace is being deleted. */
export const NAMESPACE_TERMINATING = 'NamespaceTerminating'

/** Works across copies of this package: a backend may carry its own. */
const BRAND = Symbol.for('ack-secret-manager.SecretSyncError')

/**
 * The only error type that crosses package borders. Its message names the object and the fix, and is safe for a condition,
 * an event and a log. The same failure has the same message: details that vary, such as request ids, are in the facts.
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

/** Whether `error` is a {@link SecretSyncError}, of this or another copy of the package. Never throws. */
export function isSecretSyncError(error: unknown): error is SecretSyncError {
  if (typeof error !== 'object' || error === null) return false
  try {
    return BRAND in error
  } catch {
    // A proxy has thrown.
    return false
  }
}

/**
 * Whether an outage lasts until a user acts: a proxy refuses this user or this host, or the certificate of the server is rejected.
 * Further attempts do not help, and at a proxy they can lock the account of the user.
 */
export function needsUserAction({ facts }: SecretSyncError): boolean {
  return facts.proxyStatus === 407 || facts.proxyStatus === 403 || facts.certificateRejected === true
}

/**
 * The message with the request id, for a terminal or a log. Conditions and events use the message alone, so that repeated
 * failures are equal.
 */
export function messageWithRequestId({ message, facts }: SecretSyncError): string {
  return facts.requestId === undefined ? message : `${message} [request id ${facts.requestId}]`
}

/**
 * Converts any thrown value into a {@link SecretSyncError}. Messages of other errors are dropped, because libraries put
 * URLs, tokens and bodies into them. Their {@link errorKind} remains.
 */
export function toSecretSyncError(error: unknown, what: string): SecretSyncError {
  if (isSecretSyncError(error)) return error
  return new SecretSyncError('Internal', `${what}: unexpected ${errorKind(error)}; this is a defect, please report it`)
}
