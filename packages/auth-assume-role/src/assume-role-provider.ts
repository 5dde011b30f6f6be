import {
  type CredentialProvider,
  CredentialRefresher,
  type CredentialRefreshOptions,
  defined,
  fingerprint,
  type Identity,
  type ProxyRoutes,
  SecretSyncError,
} from '@ack-secret-manager/core'
import { roleSession, type RoleSessionOptions, StsClient } from '@ack-secret-manager/alicloud-openapi'

export interface AssumeRoleOptions extends RoleSessionOptions, CredentialRefreshOptions {
  /** The identity that assumes the role: any provider, also an assumed role. `close()` does not close it. */
  readonly base: CredentialProvider
  /** External id that the trust policy requires, 2 to 1,224 characters. @default none */
  readonly externalId?: string
  /** Region of the default STS endpoint: `cn-hangzhou`. */
  readonly region: string
  /** `HOST` or `HOST:PORT`, always HTTPS. @default `sts-vpc.{region}.aliyuncs.com` */
  readonly stsEndpoint?: string
  /** CAs to trust for STS, PEM, instead of the machine's. @default the machine's */
  readonly ca?: string
  /** Proxies to reach STS through. @default none */
  readonly proxy?: ProxyRoutes
  /** Deadline of one STS call, including the credential of `base`. @default 10_000 */
  readonly timeoutMs?: number
}

const EXTERNAL_ID = /^[\w+=,.@:/-]{2,1224}$/

/**
 * The identity of a RAM role that another identity assumes by STS AssumeRole. For a second hop, such as a role of another
 * account, pass an assumed role as `base`.
 * @throws SecretSyncError `InvalidSpec` for a malformed option, named in `facts.field`; `credential()` throws
 * `Unauthenticated` with a remedy when STS rejects the call
 */
export function assumeRoleProvider(options: AssumeRoleOptions): CredentialProvider {
  const { base, externalId, region, stsEndpoint, ca, proxy, timeoutMs, onRefresh, clock, random } = options
  const session = roleSession(options)
  if (externalId !== undefined && !EXTERNAL_ID.test(externalId)) {
    throw new SecretSyncError('InvalidSpec', 'externalId: expected 2 to 1224 letters, digits and +=,.@:/_-', {
      facts: { field: 'externalId' },
    })
  }
  const sts = new StsClient({
    region,
    ...defined({ endpoint: stsEndpoint, ca, proxy, timeoutMs, clock }),
  })
  const { role, sessionName, policy = '' } = session
  const identity: Identity = {
    kind: 'assume-role',
    // A tenant who controls the STS endpoint controls its responses, so the endpoint is part of the identity.
    fingerprint: fingerprint(
      'assume-role',
      base.identity.fingerprint,
      role.arn,
      sessionName,
      policy,
      String(session.durationSeconds),
      externalId ?? '',
      sts.endpoint,
      ca ?? '',
    ),
    description: `role ${role.arn} assumed by ${base.identity.description}`,
    account: role.account,
    issuer: sts.endpoint,
  }
  return new CredentialRefresher({
    identity,
    source: {
      fetch: (signal) => sts.assumeRole({ as: base, session, signal, ...defined({ externalId }) }),
      close: () => sts.close(),
    },
    ...defined({ onRefresh, clock, random }),
  })
}
