import {
  type Clock,
  type Credential,
  type CredentialProvider,
  SecretSyncError,
  type Sensitive,
  systemClock,
} from '@ack-secret-manager/core'
import { parseEndpoint, parseRegion } from '../endpoint.ts'
import type { OpenApiResponse } from '../open-api-call.ts'
import { OpenApiClient, type OpenApiClientOptions } from '../open-api-client.ts'
import type { ErrorTable } from '../error-classification.ts'
import type { RoleSession } from './role-session.ts'
import { sessionCredential } from './session-credential.ts'
import { STS_ERRORS } from './sts-errors.ts'

const VERSION = '2015-04-01'
const ACCOUNT = /^\d{1,32}$/
const ARN = /^acs:[!-~]{1,512}$/

/** Options of {@link StsClient}. */
export interface StsClientOptions extends Omit<OpenApiClientOptions, 'endpoint'> {
  /** Names the default endpoint: `cn-hangzhou`. */
  readonly region: string
  /** `HOST` or `HOST:PORT`. @default `sts-vpc.{region}.aliyuncs.com` */
  readonly endpoint?: string
}

/** Parameters of {@link StsClient.assumeRole}. */
export interface AssumeRoleCall {
  /** Who wants to become the role. */
  readonly as: CredentialProvider | Credential
  readonly session: RoleSession
  /** Demanded by the trust policy of roles that third parties assume. */
  readonly externalId?: string
  readonly signal: AbortSignal
}

/** Parameters of {@link StsClient.assumeRoleWithOidc}. */
export interface AssumeRoleWithOidcCall {
  /** `acs:ram::ACCOUNT:oidc-provider/NAME` */
  readonly oidcProviderArn: string
  readonly token: Sensitive<string>
  readonly session: RoleSession
  /** Meanings of refusals that the caller can explain better. */
  readonly errors?: ErrorTable
  readonly signal: AbortSignal
}

/** Who a credential belongs to. */
export interface CallerIdentity {
  /** `acs:ram::ACCOUNT:user/NAME`, `acs:ram::ACCOUNT:assumed-role/ROLE/SESSION` … */
  readonly arn: string
  readonly account: string
}

/**
 * Host name of a region's STS inside its VPCs.
 * @throws SecretSyncError `InvalidSpec`
 */
export function defaultStsEndpoint(region: string): string {
  // The finance cloud of Hangzhou has no STS of its own. Alibaba Cloud STS, "Endpoints".
  return `sts-vpc.${parseRegion(region === 'cn-hangzhou-finance' ? 'cn-hangzhou' : region)}.aliyuncs.com`
}

/** Alibaba Cloud STS, version 2015-04-01, as far as credential providers need it. */
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
    this.#client = new OpenApiClient({ maxConnections: 4, ...options, endpoint: this.endpoint })
    this.#clock = options.clock ?? systemClock
  }

  /**
   * A credential of the role. If the credential of a provider is refused that has another by then, that one is tried too.
   * Alibaba Cloud STS API reference, AssumeRole.
   * @throws SecretSyncError `Unauthenticated` when it is refused, saying what to do; else as {@link OpenApiClient.call}
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
    return sessionCredential(body, { what, askedAtMs, durationSeconds: session.durationSeconds })
  }

  /**
   * A credential of the role for the bearer of an OIDC token. The token goes into the body, never into the URL.
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
    return sessionCredential(body, { what, askedAtMs, durationSeconds: session.durationSeconds })
  }

  /**
   * Who a credential belongs to; needs no permission. Alibaba Cloud STS API reference, GetCallerIdentity.
   * @throws SecretSyncError as {@link OpenApiClient.call}
   */
  async callerIdentity(
    as: CredentialProvider | Credential,
    { signal }: { signal: AbortSignal },
  ): Promise<CallerIdentity> {
    const what = 'asking STS for the identity'
    const answer = await this.#client.call({
      action: 'GetCallerIdentity',
      version: VERSION,
      as,
      params: {},
      what,
      signal,
    })
    return callerIdentityOf(answer, what)
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
    throw new SecretSyncError('InvalidResponse', `${what}: the answer holds no ARN and account`)
  }
  return { arn, account }
}
