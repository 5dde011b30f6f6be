import {
  type CredentialProvider,
  isSecretSyncError,
  type SecretGenerator,
  SecretSyncError,
  Sensitive,
} from '@ack-secret-manager/core'
import { accessKeyProvider } from '@ack-secret-manager/auth-access-key'
import { ManualClock } from '@ack-secret-manager/core/testing'
import { type Fault, startSimulator } from '@ack-secret-manager/kms-simulator'
import { canary } from '@ack-secret-manager/test-support/canary'
import { simulatorControl } from '@ack-secret-manager/test-support/simulator-control'
import { useFixture } from '@ack-secret-manager/test-support/use-fixture'
import { beforeEach, describe, expect, it } from 'vitest'
import {
  containerRegistryToken,
  type ContainerRegistryTokenOptions,
  type RegistryInstance,
} from './container-registry-token.ts'
import type { RegistryDefaults } from './registry-endpoint.ts'
import { stsToken } from './sts-token.ts'
import { TokenCache } from './token-cache.ts'
import type { TokenIdentity } from './token-identity.ts'

const SECRET = canary('access-key-secret')
const providerOf = (accessKeyId: string): CredentialProvider =>
  accessKeyProvider({ accessKeyId, accessKeySecret: new Sensitive(SECRET) })
const ROLE = 'acs:ram::1234567890123456:role/upload'
const { signal } = new AbortController()
const clock = new ManualClock(Date.now())

let cache: TokenCache
const control = simulatorControl(() => simulator.control)
const play = (fault: Fault): Promise<unknown> => control('POST', '/faults', { count: 1, ...fault })

const simulator = useFixture(() =>
  startSimulator({
    clock,
    seed: {
      accessKeys: [
        {
          id: 'LTAI5tDemo',
          secret: SECRET,
          allow: [
            { actions: ['cr:GetAuthorizationToken'], resources: ['*'] },
            { actions: ['sts:AssumeRole'], resources: ['*'] },
          ],
        },
        { id: 'LTAI5tGuest', secret: SECRET },
      ],
      roles: [{ name: 'upload', trust: { accessKeys: ['LTAI5tDemo'] } }],
      registries: [
        { id: 'cri-a' },
        { id: 'cri-brief', tokenLifetime: '59s' },
        { id: 'cri-b', tokenLifetime: '30m' },
        { id: 'cri-broken', failing: true },
      ],
    },
  }),
)
beforeEach(() => {
  cache = new TokenCache({ clock, random: () => 0 })
})

const HOST = 'team-registry-vpc.cn-hangzhou.cr.aliyuncs.com'
const A: RegistryInstance = { id: 'cri-a', registries: [HOST] }
const B: RegistryInstance = { id: 'cri-b', registries: ['b.example.com', 'b2.example.com'] }

function registryToken(
  instances: readonly RegistryInstance[],
  change: Partial<ContainerRegistryTokenOptions> = {},
  provider: CredentialProvider = providerOf('LTAI5tDemo'),
): SecretGenerator {
  return containerRegistryToken({
    instances,
    identityName: 'SecretStore default/registry',
    identityFor: () => ({ provider, region: 'cn-hangzhou', registry: registryAt(endpoint()) }),
    cache,
    clock,
    ca: simulator.caPem,
    ...change,
  })
}

const endpoint = (): string => new URL(simulator.registry ?? '').host
const registryAt = (registryEndpoint: string, region = 'cn-hangzhou'): RegistryDefaults => ({
  region,
  registryEndpoint,
})

interface Auth {
  readonly username: string
  readonly password: string
  readonly auth: string
}

async function authsOf(generator: SecretGenerator): Promise<Record<string, Auth>> {
  const { value } = await generator.generate({ signal })
  return (JSON.parse(Buffer.from(value.expose()).toString()) as { auths: Record<string, Auth> }).auths
}

async function failure(generator: SecretGenerator): Promise<SecretSyncError> {
  const thrown: unknown = await generator.generate({ signal }).catch((error: unknown) => error)
  if (!isSecretSyncError(thrown)) throw new Error('expected a SecretSyncError')
  return thrown
}

interface Call {
  readonly action: string
  readonly count: number
}

async function calls(action: string): Promise<number> {
  const { calls: all } = (await control('GET', '/calls')) as { calls: readonly Call[] }
  return all.filter((call) => call.action === action).reduce((sum, { count }) => sum + count, 0)
}

describe('a token of Container Registry', () => {
  it('is a document of all instances, which lives as long as the first that expires', async () => {
    const generator = registryToken([A, B])
    const auths = await authsOf(generator)
    expect(Object.keys(auths)).toEqual([HOST, 'b.example.com', 'b2.example.com'])
    const { username, password, auth } = auths[HOST] as Auth
    expect([username, Buffer.from(auth, 'base64').toString()]).toEqual(['cr_temp_user', `cr_temp_user:${password}`])
    expect(auths['b.example.com']).toEqual(auths['b2.example.com'])
    expect(password).not.toBe(auths['b.example.com']?.password)
    const { life } = await generator.generate({ signal })
    expect((life?.expiresMs ?? 0) - (life?.issuedMs ?? 0)).toBe(1_800_000)
  })

  it('is shared until two thirds of its life, also by calls at the same time', async () => {
    const before = await calls('GetAuthorizationToken')
    const [first, second] = await Promise.all([authsOf(registryToken([A])), authsOf(registryToken([A]))])
    expect(first).toEqual(second)
    expect(await calls('GetAuthorizationToken')).toBe(before + 1)
    await clock.advance(2_390_000)
    expect(await authsOf(registryToken([A]))).toEqual(first)
    await clock.advance(11_000)
    expect(await authsOf(registryToken([A]))).not.toEqual(first)
    expect(await calls('GetAuthorizationToken')).toBe(before + 2)
  })

  it('is not shared by two identities, nor by the same AccessKey id with another secret', async () => {
    await authsOf(registryToken([A]))
    const error = await failure(registryToken([A], {}, providerOf('LTAI5tGuest')))
    expect(error.code).toBe('AccessDenied')
    expect(error.message).toContain('may not call cr:GetAuthorizationToken for cri-a')
    const forged = accessKeyProvider({ accessKeyId: 'LTAI5tDemo', accessKeySecret: new Sensitive('guessed') })
    expect((await failure(registryToken([A], {}, forged))).code).toBe('Unauthenticated')
  })

  it.each([
    ['cri-gone', 'NotFound', 'no instance has this id in the region'],
    ['cri-broken', 'InvalidResponse', 'the service reports the failure SYSTEM_ERROR with status 200'],
  ])('of %s fails as %s', async (id, code, message) => {
    const error = await failure(registryToken([{ id, registries: [HOST] }]))
    expect([error.code, error.message]).toEqual([code, expect.stringContaining(message)])
    expect(error.message).not.toContain(SECRET)
  })

  it('fails with the error of the store, which is not remembered', async () => {
    const refused = new SecretSyncError('StoreNotAllowed', 'no')
    const identityFor = (): never => {
      throw refused
    }
    expect(await failure(registryToken([A], { identityFor }))).toBe(refused)
    expect(Object.keys(await authsOf(registryToken([A])))).toEqual([HOST])
  })

  it('is requested again only after a backoff', async () => {
    const before = await calls('GetAuthorizationToken')
    await play({ fault: 'http503', match: { action: 'GetAuthorizationToken' } })
    const first = await failure(registryToken([A]))
    const repeated = await failure(registryToken([A]))
    expect([repeated.code, repeated.message]).toEqual([first.code, first.message])
    expect([first.facts.retryAfterMs, repeated.facts.retryAfterMs]).toEqual([5_000, 5_000])
    expect(await calls('GetAuthorizationToken')).toBeLessThanOrEqual(before + 1)
    await clock.advance(5_001)
    expect(Object.keys(await authsOf(registryToken([A])))).toEqual([HOST])
  })

  it('is requested at the endpoint of the region of its instance', async () => {
    const at = (registry: RegistryDefaults) => ({
      identityFor: (): TokenIdentity => ({ provider: providerOf('LTAI5tDemo'), region: 'cn-hangzhou', registry }),
    })
    const ofBeijing = at(registryAt(endpoint(), 'cn-beijing'))
    expect(Object.keys(await authsOf(registryToken([{ ...A, region: 'cn-beijing' }], ofBeijing)))).toEqual([HOST])
    const { code, message } = await failure(registryToken([A], at(registryAt('127.0.0.1:9'))))
    expect([code, message]).toEqual(['Unavailable', expect.stringContaining('at 127.0.0.1:9') as unknown])
  })

  it('that expires within a minute is refused, because each renewal would write the Secret', async () => {
    const error = await failure(registryToken([{ id: 'cri-brief', registries: [HOST] }]))
    expect([error.code, error.message]).toEqual([
      'InvalidResponse',
      expect.stringContaining('the token expires within a minute') as unknown,
    ])
  })

  it('has other settings for other instances, hosts and stores', () => {
    const settings = [
      registryToken([A]),
      registryToken([B]),
      registryToken([{ ...A, registries: ['x.example.com'] }]),
      registryToken([A], { identityName: 'SecretStore default/other' }),
    ].map((generator) => generator.settings)
    expect(new Set(settings).size).toBe(4)
    expect(registryToken([A]).settings).toBe(settings[0])
  })
})

describe('a session of a role', () => {
  const session = (change: object = {}): SecretGenerator =>
    stsToken({
      roleArn: ROLE,
      identityName: 'SecretStore default/registry',
      identityFor: () => ({
        provider: providerOf('LTAI5tDemo'),
        region: 'cn-hangzhou',
        stsEndpoint: new URL(simulator.sts ?? '').host,
      }),
      cache,
      clock,
      ca: simulator.caPem,
      ...change,
    })

  it('is an object with the fields of AssumeRole', async () => {
    const { value, life } = await session().generate({ signal })
    const document = JSON.parse(Buffer.from(value.expose()).toString()) as Record<string, string>
    expect(document).toEqual({
      AccessKeyId: expect.stringMatching(/^STS\./) as unknown,
      AccessKeySecret: expect.any(String) as unknown,
      SecurityToken: expect.any(String) as unknown,
      Expiration: expect.stringMatching(/Z$/) as unknown,
    })
    expect(Date.parse(document['Expiration'] ?? '')).toBe(life?.expiresMs)
    expect((life?.expiresMs ?? 0) - (life?.issuedMs ?? 0)).toBeGreaterThan(3_590_000)
  })

  it('of a role that does not trust the identity is refused', async () => {
    const error = await failure(session({ roleArn: 'acs:ram::1234567890123456:role/other' }))
    expect(error.message).not.toContain(SECRET)
    expect(['Unauthenticated', 'AccessDenied', 'NotFound']).toContain(error.code)
  })
})
