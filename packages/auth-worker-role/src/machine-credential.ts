import { type Credential, SecretSyncError, Sensitive } from '@ack-secret-manager/core'

/** The request of the response. */
export interface MachineCredentialContext {
  /** `worker role NAME` */
  readonly what: string
  readonly endpoint: string
  /** Wall-clock milliseconds. */
  readonly askedAtMs: number
}

const PRINTABLE = /^[!-~]{1,16384}$/
const DATE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/

/**
 * The credential in a response of the metadata service.
 *
 * It expires at the reported time, and at the latest after its lifetime (Expiration − LastUpdated) from now. With a local clock
 * that is behind, the reported time alone would keep a credential too long.
 * @throws SecretSyncError `InvalidResponse`, or `Unauthenticated` when ECS could not assume the role
 */
export function machineCredential(text: string, context: MachineCredentialContext): Credential {
  const { what, endpoint, askedAtMs } = context
  const invalid = (field: string): SecretSyncError =>
    new SecretSyncError(
      'InvalidResponse',
      `${what}: the response of the metadata service at ${endpoint} has no valid ${field}: check what listens at this address`,
    )
  const fields = parse(text)
  const code = fields['Code']
  if (typeof code === 'string' && code !== 'Success') {
    const named = /^[\w.-]{1,64}$/.test(code) ? ` (${code})` : ''
    throw new SecretSyncError('Unauthenticated', `${what}: ECS could not assume it${named}; check its trust policy`)
  }
  const read = (name: string): string => {
    const value = fields[name]
    if (typeof value !== 'string' || !PRINTABLE.test(value)) throw invalid(name)
    return value
  }
  const [id, secret, token] = [read('AccessKeyId'), read('AccessKeySecret'), read('SecurityToken')]
  const expiresAtMs = dateMs(fields['Expiration'])
  if (expiresAtMs === undefined) throw invalid('Expiration')
  const lifeMs = expiresAtMs - (dateMs(fields['LastUpdated']) ?? Number.NEGATIVE_INFINITY)
  return Object.freeze({
    accessKeyId: id,
    accessKeySecret: new Sensitive(secret),
    securityToken: new Sensitive(token),
    expiresAtMs: Math.min(expiresAtMs, askedAtMs + lifeMs),
  })
}

function parse(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    // Drops the error of the parser, because it quotes the response. The caller rejects missing fields.
    return {}
  }
}

function dateMs(value: unknown): number | undefined {
  const ms = typeof value === 'string' && DATE.test(value) ? Date.parse(value) : Number.NaN
  return Number.isNaN(ms) ? undefined : ms
}
