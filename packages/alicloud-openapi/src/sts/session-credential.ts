import { type Credential, SecretSyncError, Sensitive } from '@ack-secret-manager/core'

/** The call of the response. */
export interface SessionContext {
  /** The call, with its endpoint, for messages. */
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
  const fields = body['Credentials']
  if (typeof fields !== 'object' || fields === null) throw invalid('Credentials', context)
  const read = (name: string): string => {
    const value = (fields as Record<string, unknown>)[name]
    if (typeof value !== 'string' || !PRINTABLE.test(value)) throw invalid(name, context)
    return value
  }
  const [id, secret, token] = [read('AccessKeyId'), read('AccessKeySecret'), read('SecurityToken')]
  const expiration = read('Expiration')
  const expiresAtMs = DATE.test(expiration) ? Date.parse(expiration) : Number.NaN
  if (Number.isNaN(expiresAtMs)) throw invalid('Expiration', context)
  return Object.freeze({
    accessKeyId: id,
    accessKeySecret: new Sensitive(secret),
    securityToken: new Sensitive(token),
    expiresAtMs: Math.min(expiresAtMs, context.askedAtMs + context.durationSeconds * 1_000),
  })
}

function invalid(field: string, { what }: SessionContext): SecretSyncError {
  return new SecretSyncError('InvalidResponse', `${what}: the response has no valid ${field}: check the endpoint`)
}
