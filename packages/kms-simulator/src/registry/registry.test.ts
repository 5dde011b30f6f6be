import { ManualClock } from '@ack-secret-manager/core/testing'
import { registryLogin } from '@ack-secret-manager/test-support/registry-login'
import { describe, expect, it } from 'vitest'
import type { Simulator } from '../simulator.ts'
import { IssuedTokens } from './issued-tokens.ts'
import { SEED } from '../testing/seed.ts'
import { type CallOptions, type Reply, signedCall } from '../testing/signed-call.ts'
import { simulatorOfTest } from '../testing/start-test-simulator.ts'

const PULLER = { id: 'LTAI5tPuller', secret: 'puller-secret' }
const GUEST = { id: 'LTAI5tGuest', secret: 'guest-secret' }
const NARROW = { id: 'LTAI5tNarrow', secret: 'narrow-secret' }
const SESSION = { id: 'STS.Puller', secret: 'session-secret', securityToken: 'session-token' }
const SESSION_END = new Date(Date.now() + 600_000).toISOString()
const DOMAIN = 'a.example.com'
interface LoginChange {
  readonly domain?: string
  readonly username?: string
  readonly password?: string | ((issued: string) => string)
  readonly path?: string
  readonly method?: string
}

const seed = {
  ...SEED,
  accessKeys: [
    ...SEED.accessKeys,
    { ...PULLER, allow: [{ actions: ['cr:GetAuthorizationToken'], resources: ['*'] }] },
    { ...SESSION, expiration: SESSION_END, allow: [{ actions: ['cr:GetAuthorizationToken'], resources: ['*'] }] },
    { ...NARROW, allow: [{ actions: ['cr:GetAuthorizationToken'], resources: ['acs:cr:*:*:instance/cri-a'] }] },
    { ...GUEST, allow: [] },
  ],
  registries: [
    { id: 'cri-a', domains: [DOMAIN] },
    { id: 'cri-b', domains: ['b.example.com'] },
    { id: 'cri-broken', failing: true },
  ],
}

const start = (): Promise<Simulator> => simulatorOfTest({ seed })

function token(simulator: Simulator, id: string, options: Partial<CallOptions> = {}): Promise<Reply> {
  const { registry: endpoint = '', caPem } = simulator
  return signedCall('GetAuthorizationToken', {
    endpoint,
    caPem,
    signer: PULLER,
    version: '2018-12-01',
    params: { InstanceId: id },
    signature: 'acs3',
    ...options,
  })
}

describe('GetAuthorizationToken', () => {
  it('issues a token for an hour', async () => {
    const simulator = await start()
    const before = Date.now()
    const { status, json } = await token(simulator, 'cri-a')
    expect([status, json]).toMatchObject([
      200,
      {
        TempUsername: 'cr_temp_user',
        IsSuccess: true,
        AuthorizationToken: expect.stringMatching(/^token-/) as unknown,
      },
    ])
    const lifeMs = Number(json['ExpireTime']) - before
    expect(lifeMs).toBeGreaterThanOrEqual(3_600_000)
    expect(lifeMs).toBeLessThan(3_660_000)
  })

  it.each([
    ['a caller without permission', 'cri-a', { signer: GUEST }, 403, 'NoPrivilege'],
    ['a policy for one instance', 'cri-a', { signer: NARROW }, 403, 'NoPrivilege'],
    ['a wrong secret', 'cri-a', { signer: { ...PULLER, secret: 'x' } }, 400, 'SignatureDoesNotMatch'],
    ['another version', 'cri-a', { version: '2016-06-07' }, 400, 'InvalidVersion'],
    ['no instance', '', {}, 400, 'MissingParameter'],
  ] as const)('refuses %s', async (_name, id, options, status, code) => {
    const reply = await token(await start(), id, options)
    expect([reply.status, String(reply.json['Code'])]).toEqual([status, expect.stringContaining(code)])
    expect(reply.text).not.toContain('token-')
  })

  it('issues a token that expires with the session of the caller', async () => {
    const { json } = await token(await start(), 'cri-a', { signer: SESSION })
    expect(json['ExpireTime']).toBe(Date.parse(SESSION_END))
  })

  it.each([
    ['cri-broken', 'SYSTEM_ERROR'],
    ['cri-gone', 'INSTANCE_NOT_EXIST'],
  ])('reports the failure of %s with status 200', async (id, code) => {
    const { status, json } = await token(await start(), id)
    expect([status, json]).toEqual([200, { Code: code, IsSuccess: false, RequestId: expect.any(String) as unknown }])
  })
})

describe('GET /v2/', () => {
  const passwordOf = async (...call: Parameters<typeof token>): Promise<string> =>
    String((await token(...call)).json['AuthorizationToken'])

  it('accepts a token exactly while it is alive', async () => {
    const clock = new ManualClock(Date.now())
    const simulator = await simulatorOfTest({ seed, clock })
    const password = await passwordOf(simulator, 'cri-a')
    const login = async (): Promise<number> =>
      (await registryLogin(simulator, { domain: DOMAIN, username: 'cr_temp_user', password })).status
    expect(await login()).toBe(200)
    clock.jumpWallClock(3_599_999)
    expect(await login()).toBe(200)
    clock.jumpWallClock(1)
    expect(await login()).toBe(401)
  })

  it.each([
    ['the token of another instance', { domain: 'b.example.com' }, 401],
    ['another user', { username: 'admin' }, 401],
    ['another password', { password: 'token-guessed' }, 401],
    ['a token with more text', { password: (issued: string) => `${issued}:x` }, 401],
    ['an unknown domain', { domain: 'c.example.com' }, 404],
    ['a repository', { path: '/v2/team/app/manifests/latest' }, 404],
    ['another method', { method: 'POST' }, 404],
  ] as const)('refuses %s', async (_name, { password, ...change }: LoginChange, status) => {
    const simulator = await start()
    const issued = await passwordOf(simulator, 'cri-a')
    const sent = typeof password === 'function' ? password(issued) : (password ?? issued)
    const reply = await registryLogin(simulator, {
      domain: DOMAIN,
      username: 'cr_temp_user',
      password: sent,
      ...change,
    })
    expect([reply.status, reply.challenge]).toEqual([
      status,
      status === 401 ? 'Basic realm="kms-simulator"' : undefined,
    ])
  })

  it('forgets no token of the last thousands', async () => {
    const tokens = new IssuedTokens()
    for (let index = 0; index <= 10_000; index += 1) tokens.add(`${index}`, { instanceId: 'cri-a', expiresMs: 1 })
    const isAlive = (text: string): boolean => tokens.isAlive(text, 'cri-a', 0)
    expect([isAlive('0'), isAlive('1'), isAlive('10000')]).toEqual([false, true, true])
  })
})
