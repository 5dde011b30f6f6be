import {
  type Clock,
  type Credential,
  type CredentialProvider,
  type Network,
  SecretSyncError,
  type Sensitive,
  systemClock,
  withDefaults,
} from '@ack-secret-manager/core'
import { parseEndpoint, regionalEndpoint } from '../endpoint.ts'
import type { OpenApiResponse } from '../open-api-call.ts'
import { OpenApiClient, type OpenApiClientOptions } from '../open-api-client.ts'
import type { ErrorTable } from '../error-classification.ts'
import type { RoleSession } from './role-session.ts'
import { sessionCredential } from './session-credential.ts'
import { STS_ERRORS } from './sts-errors.ts'

const VERSION = '2015-04-01'
const ACCOUNT = /^\d{1,32}$/
const ARN = /^acs:[!-~]{1,512}$/

/** Options of {@link StsClient}. `maxConnections` is 4 by default. */
export interface StsClientOptions extends Omit<OpenApiClientOptions, 'endpoint'> {
  /** Region of the default endpoint: `cn-hangzhou`. */
  readonly region: string
  /** `HOST` or `HOST:PORT`. @default `sts-vpc.{region}.aliyuncs.com` */
  readonly endpoint?: string
}

export interface AssumeRoleCall {
  /** The identity that assumes the role. */
  readonly as: CredentialProvider | Credential
  readonly session: RoleSession
  /** Required if the trust policy of the role has a condition on it. */
  readonly externalId?: string
  readonly signal: AbortSignal
}

export interface AssumeRoleWithOidcCall {
  /** `acs:ram::ACCOUNT:oidc-provider/NAME` */
  readonly oidcProviderArn: string
  readonly token: Sensitive<string>
  readonly session: RoleSession
  /** Classifications that override those of STS. */
  readonly errors?: ErrorTable
  readonly signal: AbortSignal
}

/** The identity behind a credential. */
export interface CallerIdentity {
  /** `acs:ram::ACCOUNT:user/NAME`, `acs:ram::ACCOUNT:assumed-role/ROLE/SESSION` … */
  readonly arn: string
  readonly account: string
}

/**
 * Endpoint of STS in a region.
 * @param network @default 'vpc'
 * @throws SecretSyncError `InvalidSpec`
 */
export function defaultStsEndpoint(region: string, network?: Network): string {
  // The finance cloud of Hangzhou uses the STS of cn-hangzhou. Alibaba Cloud STS, "Endpoints".
  return regionalEndpoint('sts', region === 'cn-hangzhou-finance' ? 'cn-hangzhou' : region, network)
}

/** Client of Alibaba Cloud STS, version 2015-04-01, with the actions that credential providers need. */
export class StsClient implements AsyncDisposable {
  readonly endpoint: string
  readonly #client: OpenApiClient
  readonly #clock: Clock

  /** @throws SecretSyncError `InvalidSpec` for a malformed region, endpoint or CA */
  constructor({ region, endpoint, ...options }: StsClientOptions) {
    this.endpoint =
      endpoint === undefined
        ? defaultStsEndpoint(region)
        : parseEndpoint(endpoint, { field: 'stsEndpoint', example: 'sts-vpc.cn-hangzhou.aliyuncs.com' })
    this.#client = new OpenApiClient({ ...withDefaults(options, { maxConnections: 4 }), endpoint: this.endpoint })
    this.#clock = options.clock ?? systemClock
  }

  /**
   * A credential of the role. Retries once if the credential of `as` is rejected and its provider has a newer one.
   * Alibaba Cloud STS API reference, AssumeRole.
   * @throws SecretSyncError `Unauthenticated` with a remedy when STS rejects the call; otherwise as {@link OpenApiClient.call}
   */
  async assumeRole({ as, session, externalId, signal }: AssumeRoleCall): Promise<Credential> {
    const what = `assuming role ${session.role.arn}`
    const askedAtMs = this.#clock.now()
    const { body } = await this.#client.call({
      action: 'AssumeRole',
      version: VERSION,
      as,
      params: { ...sessionParams(session), ExternalId: externalId },
      what,
      errors: STS_ERRORS,
      retryRefused: true,
      signal,
    })
    return sessionCredential(body, {
      what: `${what} at ${this.endpoint}`,
      askedAtMs,
      durationSeconds: session.durationSeconds,
    })
  }

  /**
   * A credential of the role for an OIDC token. The token is sent in the body, never in the URL.
   * Alibaba Cloud STS API reference, AssumeRoleWithOIDC.
   * @throws SecretSyncError as {@link assumeRole}
   */
  async assumeRoleWithOidc(call: AssumeRoleWithOidcCall): Promise<Credential> {
    const { oidcProviderArn, token, session, errors = {}, signal } = call
    const what = `assuming role ${session.role.arn}`
    const askedAtMs = this.#clock.now()
    const { body } = await this.#client.call({
      action: 'AssumeRoleWithOIDC',
      version: VERSION,
      as: 'anonymous',
      params: { ...sessionParams(session), OIDCProviderArn: oidcProviderArn, OIDCToken: token },
      paramsIn: 'form',
      what,
      errors: { ...STS_ERRORS, ...errors },
      signal,
    })
    return sessionCredential(body, {
      what: `${what} at ${this.endpoint}`,
      askedAtMs,
      durationSeconds: session.durationSeconds,
    })
  }

  /**
   * The identity behind a credential. Needs no permission. Alibaba Cloud STS API reference, GetCallerIdentity.
   * @throws SecretSyncError as {@link OpenApiClient.call}
   */
  async callerIdentity(
    as: CredentialProvider | Credential,
    { signal }: { signal: AbortSignal },
  ): Promise<CallerIdentity> {
    const what = 'asking STS for the identity'
    const response = await this.#client.call({
      action: 'GetCallerIdentity',
      version: VERSION,
      as,
      params: {},
      what,
      signal,
    })
    return callerIdentityOf(response, `${what} at ${this.endpoint}`)
  }

  close(): Promise<void> {
    return this.#client.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

function sessionParams({ role, sessionName, durationSeconds, policy }: RoleSession) {
  return { RoleArn: role.arn, RoleSessionName: sessionName, DurationSeconds: durationSeconds, Policy: policy }
}

function callerIdentityOf({ body }: OpenApiResponse, what: string): CallerIdentity {
  const { Arn: arn, AccountId: account } = body
  if (typeof arn !== 'string' || typeof account !== 'string' || !ARN.test(arn) || !ACCOUNT.test(account)) {
    throw new SecretSyncError('InvalidResponse', `${what}: the response holds no ARN and account: check the endpoint`)
  }
  return { arn, account }
}
