import {
  defined,
  ERROR_CODES,
  type ErrorCode,
  type ErrorFacts,
  escapeControls,
  isSecretSyncError,
  SecretSyncError,
  toSecretSyncError,
} from '@ack-secret-manager/core'

const CODES: ReadonlySet<unknown> = new Set(ERROR_CODES)
/** A condition has room for more, but for several errors. */
const MAX_MESSAGE_LENGTH = 1_024
const MAX_FACT_LENGTH = 256

type Unchecked<T> = Readonly<Partial<Record<keyof T, unknown>>>

/** The error that a package threw or returned for `what`. The message of a foreign error may hold a secret, so only its kind is kept. */
export function checkedError(error: unknown, what: string): SecretSyncError {
  return contractError(error, what) ?? toSecretSyncError(error, what)
}

/**
 * A copy of a SecretSyncError, which may be of another version of core: only what the contract defines. Undefined for a foreign error.
 */
export function contractError(error: unknown, what: string): SecretSyncError | undefined {
  if (!isSecretSyncError(error)) return undefined
  try {
    const { code, message, facts } = error as Unchecked<SecretSyncError>
    if (!isCode(code)) return new SecretSyncError('Internal', `${what}: failed with an unknown code`)
    const text = typeof message === 'string' && message !== '' ? message : `${what}: failed without a message`
    return new SecretSyncError(code, printableMessage(text), { facts: factsOf(facts) })
  } catch {
    // A getter has thrown, and what it has thrown may hold a secret.
    return new SecretSyncError('Internal', `${what}: failed with an error that cannot be read`)
  }
}

/** A message of a package in one line of limited length. */
export function printableMessage(text: string): string {
  const message = escapeControls(text.slice(0, MAX_MESSAGE_LENGTH))
  return text.length <= MAX_MESSAGE_LENGTH ? message : `${message}…`
}

function factsOf(facts: unknown): ErrorFacts {
  const given = (typeof facts === 'object' && facts !== null ? facts : {}) as Unchecked<ErrorFacts>
  const { absent, batch, certificateRejected, outsideValidity } = given
  return defined({
    httpStatus: numberOf(given.httpStatus),
    remoteCode: textOf(given.remoteCode),
    requestId: textOf(given.requestId),
    retryAfterMs: numberOf(given.retryAfterMs),
    absent: absent === true ? absent : undefined,
    batch: batch === 'unsupported' || batch === 'denied' ? batch : undefined,
    issuer: textOf(given.issuer),
    missingAction: textOf(given.missingAction),
    proxyStatus: numberOf(given.proxyStatus),
    certificateRejected: certificateRejected === true ? certificateRejected : undefined,
    outsideValidity: outsideValidity === true ? outsideValidity : undefined,
    waitedMs: numberOf(given.waitedMs),
    field: textOf(given.field),
  })
}

function isCode(code: unknown): code is ErrorCode {
  return CODES.has(code)
}

function numberOf(value: unknown): number | undefined {
  return Number.isFinite(value) && Number(value) >= 0 ? Number(value) : undefined
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value.length <= MAX_FACT_LENGTH ? escapeControls(value) : undefined
}
