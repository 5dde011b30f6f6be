import { roleSession, type RoleSessionOptions, StsClient } from '@ack-secret-manager/alicloud-openapi'
import {
  type Clock,
  type CredentialProvider,
  type CredentialRefresh,
  CredentialRefresher,
  fingerprint,
  type Identity,
  SecretSyncError,
} from '@ack-secret-manager/core'

/** Options of {@link assumeRoleProvider}. */
export interface AssumeRoleOptions extends RoleSessionOptions {
  /** Who assumes the role: any provider, another assumed role too. Not closed by `close()`. */
  readonly base: CredentialProvider
  /** Demanded by the trust policy of roles that third parties assume, 2 to 1,224 characters. @default none */
  readonly externalId?: string
  /** Names the default endpoint of STS: `cn-hangzhou`. */
  readonly region: string
  /** `HOST` or `HOST:PORT`, always HTTPS. @default `sts-vpc.{region}.aliyuncs.com` */
  readonly stsEndpoint?: string
  /** CAs to trust for STS, PEM, instead of the machine's. @default the machine's */
  readonly ca?: string
  /** One call of STS, the credential of `base` included. @default 10_000 */
  readonly timeoutMs?: number
  /** Told of each finished refresh. Must not throw. */
  readonly onRefresh?: (refresh: CredentialRefresh) => void
  /** @default systemClock */
  readonly clock?: Clock
  /** A number in [0, 1), for jitter. @default Math.random */
  readonly random?: () => number
}

const EXTERNAL_ID = /^[\w+=,.@:/-]{2,1224}$/

/**
 * The identity of a RAM role that another identity assumes by STS AssumeRole. A second hop, such as a role of another
 * account, is this provider with another one of its kind as `base`.
 * @throws SecretSyncError `InvalidSpec` for a malformed option, named in `facts.field`; `credential()` throws
 * `Unauthenticated` when STS refuses, saying what to do
 */
export function assumeRoleProvider(options: AssumeRoleOptions): CredentialProvider {
  const { base, externalId, region, stsEndpoint, ca, timeoutMs, onRefresh, clock, random } = options
  const session = roleSession(options)
  if (externalId !== undefined && !EXTERNAL_ID.test(externalId)) {
    throw new SecretSyncError('InvalidSpec', 'externalId: expected 2 to 1224 letters, digits and +=,.@:/_-', {
      facts: { field: 'externalId' },
    })
  }
  const sts = new StsClient({
    region,
    ...(stsEndpoint === undefined ? {} : { endpoint: stsEndpoint }),
    ...(ca === undefined ? {} : { ca }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(clock === undefined ? {} : { clock }),
  })
  const { role, sessionName, policy = '' } = session
  const identity: Identity = {
    kind: 'assume-role',
    // Whoever chooses the STS chooses what it says: the same role at another one is another identity.
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
  }
  return new CredentialRefresher({
    identity,
    source: {
      fetch: (signal) =>
        sts.assumeRole({ as: base, session, signal, ...(externalId === undefined ? {} : { externalId }) }),
      close: () => sts.close(),
    },
    ...(onRefresh === undefined ? {} : { onRefresh }),
    ...(clock === undefined ? {} : { clock }),
    ...(random === undefined ? {} : { random }),
  })
}
