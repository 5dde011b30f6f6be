import { type Clock, defined, type SecretGenerator, Sensitive } from '@ack-secret-manager/core'
import { getAuthorizationToken, type RegistryCredential, type RegistryToken } from './container-registry.ts'
import { registryEndpointIn } from './registry-endpoint.ts'
import { settingsDigest } from './settings-digest.ts'
import type { TokenCache } from './token-cache.ts'
import type { TokenIdentity } from './token-identity.ts'

/** An instance and the domain names that its token is for. */
export interface RegistryInstance {
  /** `cri-…` */
  readonly id: string
  /** @default the region of the identity */
  readonly region?: string
  /** `HOST` or `HOST:PORT` */
  readonly registries: readonly string[]
}

export interface ContainerRegistryTokenOptions {
  readonly instances: readonly RegistryInstance[]
  /** Names the identity in the settings: another name replaces the token at once. Nothing secret. */
  readonly identityName: string
  /** The identity for an instance now. @throws SecretSyncError if it may not have the token */
  readonly identityFor: (instanceId: string) => TokenIdentity
  readonly cache: TokenCache
  /** Whose limits of the cache the calls count for, such as a namespace. @default one for all */
  readonly requester?: string
  /** Trusted CA, PEM in base64. @default the CAs of Node */
  readonly ca?: string
  /** @default systemClock */
  readonly clock?: Clock
}

/** The tokens of one or more instances as one document for `.dockerconfigjson`. It lives as long as the token that expires first. */
export function containerRegistryToken(options: ContainerRegistryTokenOptions): SecretGenerator {
  const { instances, identityName } = options
  return {
    kind: 'container-registry token',
    settings: settingsDigest([identityName, instances.map(({ id, region, registries }) => [id, region, registries])]),
    isToken: true,
    check: () => instances.forEach(({ id }) => options.identityFor(id)),
    async generate({ signal }) {
      const tokens = await Promise.all(instances.map((instance) => tokenOf(instance, options, signal)))
      const first = tokens.reduce((a, b) => (b.life.expiresMs < a.life.expiresMs ? b : a))
      const document = registryDocument(
        instances.flatMap(({ registries }, index) =>
          registries.map((host) => [host, tokens[index] as RegistryToken] as const),
        ),
      )
      return { value: new Sensitive<Uint8Array>(Buffer.from(document)), life: first.life }
    },
  }
}

/** A document for `.dockerconfigjson`. @param credentials by `HOST` or `HOST:PORT` */
export function registryDocument(credentials: ReadonlyArray<readonly [host: string, RegistryCredential]>): string {
  const auths = credentials.map(([host, credential]) => [host, credentialOf(credential)])
  return JSON.stringify({ auths: Object.fromEntries(auths) as object })
}

function tokenOf(
  { id, region: own }: RegistryInstance,
  options: ContainerRegistryTokenOptions,
  signal: AbortSignal,
): Promise<RegistryToken> {
  const { identityFor, cache, requester, ca, clock } = options
  const identity = identityFor(id)
  const region = own ?? identity.region
  const endpoint = registryEndpointIn(region, identity.registry ?? { region, network: identity.network })
  const { fingerprint } = identity.provider.identity
  const purpose = JSON.stringify([endpoint, id])
  const key = { kind: 'container-registry', identity: fingerprint, purpose, ...defined({ requester }) }
  const call = { identity, instanceId: id, endpoint, ...defined({ ca, clock }) }
  return cache.get(key, (work) => getAuthorizationToken({ ...call, ...work }), {
    what: `getting a token of registry ${id}`,
    signal,
  })
}

/** As `docker login` writes it. */
function credentialOf({ username, password }: RegistryCredential): Readonly<Record<string, string>> {
  const secret = password.expose()
  return { username, password: secret, auth: Buffer.from(`${username}:${secret}`).toString('base64') }
}
