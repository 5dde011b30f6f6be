import { type ErrorTable, OpenApiClient, withRequester } from '@ack-secret-manager/alicloud-openapi'
import { type Clock, defined, SecretSyncError, Sensitive, systemClock, type TokenLife } from '@ack-secret-manager/core'
import type { TokenIdentity } from './token-identity.ts'

const VERSION = '2018-12-01'
const MAX_TOKEN_LENGTH = 16_384
const MAX_NAME_LENGTH = 256

/** Alibaba Cloud Container Registry API reference, version 2018-12-01, "Error codes". */
const REGISTRY_ERRORS: ErrorTable = {
  NoPrivilege: { code: 'AccessDenied', hint: 'no RAM policy allows it; the resource of the statement must be *' },
  SystemError: { code: 'Unavailable', hint: 'the service reports an internal error' },
}

const NOT_FOUND = 'INSTANCE_NOT_EXIST'

/** User name and password for the domain names of one instance. */
export interface RegistryCredential {
  readonly username: string
  readonly password: Sensitive<string>
}

/** A credential with its life. */
export interface RegistryToken extends RegistryCredential {
  readonly life: TokenLife
}

export interface AuthorizationTokenCall {
  readonly identity: TokenIdentity
  /** `cri-…` */
  readonly instanceId: string
  /** `HOST` or `HOST:PORT`. */
  readonly endpoint: string
  /** Trusted CA, PEM in base64. @default the CAs of Node */
  readonly ca?: string
  /** @default systemClock */
  readonly clock?: Clock
  readonly signal: AbortSignal
}

/**
 * A token for one instance of Container Registry Enterprise Edition. Alibaba Cloud Container Registry API reference, GetAuthorizationToken.
 * @throws SecretSyncError `NotFound` | `InvalidResponse`, and as `OpenApiClient.call`
 */
export async function getAuthorizationToken(call: AuthorizationTokenCall): Promise<RegistryToken> {
  const { identity, instanceId, endpoint, ca, clock = systemClock, signal } = call
  const { provider, proxy } = identity
  const what = `getting a token of registry ${instanceId}`
  // Tokens are rare: connections need not outlive the call.
  await using client = new OpenApiClient({ endpoint, shareConnections: true, clock, ...defined({ ca, proxy }) })
  const askedAtMs = clock.now()
  const { body, requestId } = await client.call({
    action: 'GetAuthorizationToken',
    version: VERSION,
    as: provider,
    params: { InstanceId: instanceId },
    what,
    errors: REGISTRY_ERRORS,
    explain: withRequester(provider.identity.description, `call cr:GetAuthorizationToken for ${instanceId}`),
    retryRefused: true,
    signal,
  })
  return registryToken(body, { what: `${what} at ${endpoint}`, askedAtMs, requestId })
}

interface ResponseContext {
  readonly what: string
  readonly askedAtMs: number
  readonly requestId: string | undefined
}

/** Container Registry reports some failures with status 200 and `IsSuccess: false`. */
function registryToken(body: Readonly<Record<string, unknown>>, { what, askedAtMs, requestId }: ResponseContext) {
  const invalid = (why: string): SecretSyncError =>
    new SecretSyncError('InvalidResponse', `${what}: ${why}`, { facts: defined({ requestId }) })
  const { IsSuccess, AuthorizationToken: password, TempUsername: username, ExpireTime: expiresMs } = body
  if (IsSuccess !== true) {
    const { Code: code } = body
    if (code === NOT_FOUND)
      throw new SecretSyncError('NotFound', `${what}: no instance has this id in the region`, {
        facts: defined({ requestId }),
      })
    const known = typeof code === 'string' && /^[A-Za-z_.]{1,64}$/.test(code) ? ` ${code}` : ''
    throw invalid(`the service reports the failure${known} with status 200`)
  }
  if (!isText(password, MAX_TOKEN_LENGTH)) throw invalid('the response has no AuthorizationToken')
  // A colon would end the user name in basic authentication.
  if (!isText(username, MAX_NAME_LENGTH) || username.includes(':')) throw invalid('the response has no TempUsername')
  if (typeof expiresMs !== 'number' || !Number.isSafeInteger(expiresMs)) throw invalid('the response has no ExpireTime')
  if (expiresMs <= askedAtMs) throw invalid('the token of the response has expired; check the clock of this machine')
  return { username, password: new Sensitive(password), life: { issuedMs: askedAtMs, expiresMs } }
}

function isText(value: unknown, maxLength: number): value is string {
  return typeof value === 'string' && value !== '' && value.length <= maxLength && !/\p{Cc}/u.test(value)
}
