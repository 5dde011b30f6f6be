import { type Credential, SecretSyncError, Sensitive } from '@ack-secret-manager/core'

/** The call of the response. */
export interface SessionContext {
  readonly what: string
  /** Time of the call, in wall-clock milliseconds. */
  readonly askedAtMs: number
  readonly durationSeconds: number
}

/** Characters of ids, secrets and tokens. */
const PRINTABLE = /^[!-~]{1,16384}$/
const DATE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/

/**
 * The credential in a response of AssumeRole or AssumeRoleWithOIDC.
 *
 * It expires at the time that STS reports, and at the latest when the requested duration has passed. With a local clock that
 * is behind, the reported time alone would keep a credential too long.
 * @throws SecretSyncError `InvalidResponse`
 */
export function sessionCredential(body: Readonly<Record<string, unknown>>, context: SessionContext): Credential {
  const fields = objectOf(body['Credentials'])
  const id = printable(fields['AccessKeyId'])
  const secret = printable(fields['AccessKeySecret'])
  const token = printable(fields['SecurityToken'])
  const expiration = fields['Expiration']
  const expiresAtMs = typeof expiration === 'string' && DATE.test(expiration) ? Date.parse(expiration) : Number.NaN
  if (id === undefined || secret === undefined || token === undefined || Number.isNaN(expiresAtMs)) {
    throw new SecretSyncError('InvalidResponse', `${context.what}: the response holds no complete credential`)
  }
  return Object.freeze({
    accessKeyId: id,
    accessKeySecret: new Sensitive(secret),
    securityToken: new Sensitive(token),
    expiresAtMs: Math.min(expiresAtMs, context.askedAtMs + context.durationSeconds * 1_000),
  })
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

function printable(value: unknown): string | undefined {
  return typeof value === 'string' && PRINTABLE.test(value) ? value : undefined
}
