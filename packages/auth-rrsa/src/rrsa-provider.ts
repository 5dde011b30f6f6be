import {
  type Credential,
  type CredentialProvider,
  CredentialRefresher,
  type CredentialRefreshOptions,
  defined,
  fingerprint,
  type Identity,
  type ProxyRoutes,
  SecretSyncError,
  systemClock,
} from '@ack-secret-manager/core'
import { roleSession, type RoleSessionOptions, StsClient } from '@ack-secret-manager/alicloud-openapi'
import { oidcErrors } from './oidc-errors.ts'
import { type OidcTokenSource, usableToken } from './oidc-token.ts'

export interface RrsaOptions extends RoleSessionOptions, CredentialRefreshOptions {
  /** The cluster's identity provider in RAM: `acs:ram::ACCOUNT:oidc-provider/ack-rrsa-CLUSTER`. */
  readonly oidcProviderArn: string
  /** Source of the token: `tokenFile(path)`, `serviceAccountToken({ … })`. */
  readonly token: OidcTokenSource
  /** Region of the default STS endpoint: `cn-hangzhou`. */
  readonly region: string
  /** `HOST` or `HOST:PORT`, always HTTPS. @default `sts-vpc.{region}.aliyuncs.com` */
  readonly stsEndpoint?: string
  /** CAs to trust for STS, PEM, instead of the machine's. @default the machine's */
  readonly ca?: string
  /** Proxies to reach STS through. @default none */
  readonly proxy?: ProxyRoutes
  /** Deadline of one STS call. @default 10_000 */
  readonly timeoutMs?: number
}

const PROVIDER_ARN = /^acs:ram::\d{1,32}:oidc-provider\/[A-Za-z0-9._-]{1,128}$/

/**
 * The identity of a RAM role for a Kubernetes ServiceAccount (RRSA): its OIDC token is exchanged by STS
 * AssumeRoleWithOIDC.
 * @throws SecretSyncError `InvalidSpec` for a malformed option, named in `facts.field`; `credential()` throws
 * `Unauthenticated` with a remedy when there is no usable token or STS rejects it
 */
export function rrsaProvider(options: RrsaOptions): CredentialProvider {
  const { token: source, region, stsEndpoint, ca, proxy, timeoutMs, onRefresh, clock = systemClock, random } = options
  const session = roleSession(options)
  const oidcProviderArn = parseProviderArn(options.oidcProviderArn)
  const sts = new StsClient({
    region,
    clock,
    ...defined({ endpoint: stsEndpoint, ca, proxy, timeoutMs }),
  })
  const { role, sessionName, policy = '' } = session
  const identity: Identity = {
    kind: 'rrsa',
    // A tenant who controls the STS endpoint controls its responses, so the endpoint is part of the identity.
    fingerprint: fingerprint(
      'rrsa',
      JSON.stringify(source.fingerprint),
      role.arn,
      oidcProviderArn,
      sessionName,
      policy,
      String(session.durationSeconds),
      sts.endpoint,
      ca ?? '',
    ),
    description: `role ${role.arn} of ${source.description}`,
    account: role.account,
    issuer: sts.endpoint,
  }
  const fetch = async (signal: AbortSignal): Promise<Credential> => {
    const { token, claims } = await usableToken(source, { signal, clock })
    const errors = oidcErrors({ oidcProviderArn, claims })
    return sts.assumeRoleWithOidc({ oidcProviderArn, token, session, errors, signal })
  }
  return new CredentialRefresher({
    identity,
    source: { fetch, close: () => sts.close() },
    clock,
    ...defined({ onRefresh, random }),
  })
}

function parseProviderArn(text: string): string {
  const arn = text.trim()
  if (PROVIDER_ARN.test(arn)) return arn
  const got = JSON.stringify(arn.slice(0, 120))
  throw new SecretSyncError(
    'InvalidSpec',
    `oidcProviderArn: expected acs:ram::ACCOUNT:oidc-provider/NAME, got ${got}`,
    { facts: { field: 'oidcProviderArn' } },
  )
}
