import {
  defaultStsEndpoint,
  roleSession,
  type RoleSessionOptions,
  StsClient,
} from '@ack-secret-manager/alicloud-openapi'
import {
  type Clock,
  type Credential,
  defined,
  type SecretGenerator,
  SecretSyncError,
  Sensitive,
  systemClock,
  timeText,
  type TokenLife,
} from '@ack-secret-manager/core'
import { settingsDigest } from './settings-digest.ts'
import type { TokenCache } from './token-cache.ts'
import type { TokenIdentity } from './token-identity.ts'

export interface StsTokenOptions extends Omit<RoleSessionOptions, 'policy'> {
  readonly externalId?: string
  /** Names the identity in the settings: another name replaces the token at once. Nothing secret. */
  readonly identityName: string
  /** The identity that assumes the role. @throws SecretSyncError if it may not */
  readonly identityFor: (roleArn: string) => TokenIdentity
  readonly cache: TokenCache
  /** Whose limits of the cache the calls count for, such as a namespace. @default one for all */
  readonly requester?: string
  /** Trusted CA, PEM in base64. @default the CAs of Node */
  readonly ca?: string
  /** @default systemClock */
  readonly clock?: Clock
}

interface Session {
  readonly credential: Credential
  readonly life: TokenLife
}

/** A session of a RAM role, as a JSON object with the fields of AssumeRole. @throws SecretSyncError `InvalidSpec` */
export function stsToken(options: StsTokenOptions): SecretGenerator {
  const { roleArn, externalId, sessionName, durationSeconds, identityName, identityFor, cache, requester } = options
  const session = roleSession({ roleArn, ...defined({ sessionName, durationSeconds }) })
  const parameters = [roleArn, externalId, session.sessionName, session.durationSeconds]
  const { ca, clock = systemClock } = options
  const what = `assuming role ${roleArn}`
  return {
    kind: 'sts token',
    settings: settingsDigest([identityName, parameters]),
    isToken: true,
    check: () => void identityFor(roleArn),
    async generate({ signal }) {
      const { provider, region, proxy, network, stsEndpoint } = identityFor(roleArn)
      const endpoint = stsEndpoint ?? defaultStsEndpoint(region, network)
      const issue = async (work: { signal: AbortSignal }): Promise<Session> => {
        await using sts = new StsClient({ region, endpoint, clock, ...defined({ ca, proxy }) })
        const issuedMs = clock.now()
        const credential = await sts.assumeRole({ as: provider, session, ...defined({ externalId }), ...work })
        const { expiresAtMs: expiresMs } = credential
        if (expiresMs === undefined) throw new SecretSyncError('InvalidResponse', `${what}: the session has no expiry`)
        return { credential, life: { issuedMs, expiresMs } }
      }
      const { fingerprint } = provider.identity
      const purpose = JSON.stringify([endpoint, parameters])
      const key = { kind: 'sts', identity: fingerprint, purpose, ...defined({ requester }) }
      const { credential, life } = await cache.get(key, issue, { what, signal })
      return { value: new Sensitive<Uint8Array>(Buffer.from(sessionDocument(credential, life.expiresMs))), life }
    },
  }
}

/** A JSON object with the fields of AssumeRole. */
export function sessionDocument(
  {
    accessKeyId,
    accessKeySecret,
    securityToken,
  }: Pick<Credential, 'accessKeyId' | 'accessKeySecret' | 'securityToken'>,
  expiresMs: number,
): string {
  return JSON.stringify({
    AccessKeyId: accessKeyId,
    AccessKeySecret: accessKeySecret.expose(),
    SecurityToken: securityToken?.expose(),
    Expiration: timeText(expiresMs),
  })
}
