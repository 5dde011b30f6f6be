import { defined } from '@ack-secret-manager/core'
import { ManualClock } from '@ack-secret-manager/core/testing'
import { describe, expect, it } from 'vitest'
import type { Seed } from '../seed.ts'
import type { Simulator } from '../simulator.ts'
import { controlCall } from '../testing/control-call.ts'
import { SEED } from '../testing/seed.ts'
import { type Reply, signedCall } from '../testing/signed-call.ts'
import { simulatorOfTest } from '../testing/start-test-simulator.ts'

const ROLE = 'KubernetesWorkerRole-demo'
const TOKEN = '/latest/api/token'
const CREDENTIALS = '/latest/meta-data/ram/security-credentials/'

const clock = new ManualClock()
async function start(metadata?: Seed['metadata']): Promise<Simulator> {
  const seed = {
    ...SEED,
    roles: [
      { name: 'other', trust: { accessKeys: ['*'] } },
      { name: ROLE, trust: { ecs: true }, allow: [{ actions: ['kms:*'], resources: ['*'] }] },
      { name: 'second', trust: { ecs: true } },
    ],
    ...defined({ metadata }),
  }
  return simulatorOfTest({ seed, clock })
}

type Headers = Record<string, string>

async function call(
  simulator: Simulator,
  path: string,
  headers: Headers = {},
  method = 'GET',
): Promise<[number, string]> {
  const response = await fetch(`${simulator.metadata}${path}`, { method, headers })
  return [response.status, await response.text()]
}

async function token(simulator: Simulator, ttl = '21600', headers: Headers = {}): Promise<[number, string]> {
  return call(simulator, TOKEN, { 'X-aliyun-ecs-metadata-token-ttl-seconds': ttl, ...headers }, 'PUT')
}

async function withToken(simulator: Simulator): Promise<Headers> {
  return { 'X-aliyun-ecs-metadata-token': (await token(simulator))[1] }
}

async function credential(simulator: Simulator): Promise<Record<string, string>> {
  const [, text] = await call(simulator, `${CREDENTIALS}${ROLE}`, await withToken(simulator))
  return JSON.parse(text) as Record<string, string>
}

function read(simulator: Simulator, own: Record<string, string>): Promise<Reply> {
  return signedCall('GetSecretValue', {
    endpoint: simulator.kms,
    caPem: simulator.caPem,
    signer: {
      id: own['AccessKeyId'] ?? '',
      secret: own['AccessKeySecret'] ?? '',
      securityToken: own['SecurityToken'] ?? '',
    },
    date: new Date(clock.now()),
    params: { SecretName: 'app/db' },
  })
}

describe('the metadata service', () => {
  it('returns the role and its credential, which KMS accepts', async () => {
    const simulator = await start({ tokenRequired: true })
    const headers = await withToken(simulator)
    expect(await call(simulator, CREDENTIALS, headers)).toEqual([200, ROLE])
    const own = await credential(simulator)
    expect(own).toEqual({
      AccessKeyId: expect.stringMatching(/^STS\./),
      AccessKeySecret: expect.any(String),
      SecurityToken: expect.any(String),
      Expiration: `${new Date(clock.now() + 21_600_000).toISOString().slice(0, 19)}Z`,
      LastUpdated: `${new Date(clock.now()).toISOString().slice(0, 19)}Z`,
      Code: 'Success',
    })
    expect((await read(simulator, own)).status).toBe(200)
    expect(
      (await controlCall(simulator.control, 'GET', '/calls?groupBy=action,secret,identity')).body['calls'],
    ).toEqual([
      { action: 'GetMetadataToken', secret: '', identity: 'i-simulator', count: 2 },
      { action: 'GetRoleName', secret: '', identity: 'i-simulator', count: 1 },
      { action: 'GetRoleCredential', secret: ROLE, identity: 'i-simulator', count: 1 },
      {
        action: 'GetSecretValue',
        secret: 'app/db',
        identity: `acs:ram::${SEED.account}:assumed-role/${ROLE}/i-simulator`,
        count: 1,
      },
    ])
  })

  it('rejects a request without a token only if tokens are required', async () => {
    const hardened = await start({ tokenRequired: true })
    expect((await call(hardened, CREDENTIALS))[0]).toBe(403)
    const open = await start()
    expect(await call(open, CREDENTIALS)).toEqual([200, ROLE])
    expect((await call(open, CREDENTIALS, { 'X-aliyun-ecs-metadata-token': 'guess' }))[0]).toBe(401)
  })

  it('rejects an expired token', async () => {
    const simulator = await start({ tokenRequired: true })
    const [, own] = await token(simulator, '60')
    const headers = { 'X-aliyun-ecs-metadata-token': own }
    await clock.advance(59_000)
    expect((await call(simulator, CREDENTIALS, headers))[0]).toBe(200)
    await clock.advance(1_000)
    expect((await call(simulator, CREDENTIALS, headers))[0]).toBe(401)
  })

  it.each([
    ['no lifetime', '', 400],
    ['a lifetime of zero', '0', 400],
    ['a lifetime that is too long', '21601', 400],
    ['a lifetime that is not a number', 'long', 400],
    ['one second', '1', 200],
  ])('issues a token for %s', async (_what, ttl, status) => {
    expect((await token(await start(), ttl))[0]).toBe(status)
  })

  it('issues no token through a proxy, and none as an old service', async () => {
    expect((await token(await start(), '60', { 'X-Forwarded-For': '10.0.0.1' }))[0]).toBe(403)
    const old = await start({ tokenService: false })
    expect((await token(old))[0]).toBe(404)
    expect((await call(old, CREDENTIALS, { 'X-aliyun-ecs-metadata-token': 'whatever' }))[0]).toBe(200)
  })

  it.each([
    [`${CREDENTIALS}other`, 'GET', 404],
    [`${CREDENTIALS}second`, 'GET', 404],
    [TOKEN, 'GET', 405],
    [CREDENTIALS, 'POST', 405],
    ['/', 'GET', 404],
    ['/constructor', 'GET', 404],
  ])('%s (%s) returns %i', async (path, method, status) => {
    expect((await call(await start(), path, {}, method))[0]).toBe(status)
  })

  it('returns region and instance', async () => {
    const simulator = await start({ instanceId: 'i-bp1' })
    expect(await call(simulator, '/latest/meta-data/region-id')).toEqual([200, SEED.region])
    expect(await call(simulator, '/latest/meta-data/instance-id')).toEqual([200, 'i-bp1'])
  })

  it('returns 404 without a role', async () => {
    const simulator = await start({ role: null })
    expect((await call(simulator, CREDENTIALS))[0]).toBe(404)
    expect((await call(simulator, `${CREDENTIALS}${ROLE}`))[0]).toBe(404)
  })

  it('returns the same credential until half of its lifetime has passed', async () => {
    const simulator = await start({ sessionSeconds: 1_000 })
    const first = await credential(simulator)
    await clock.advance(499_000)
    expect(await credential(simulator)).toEqual(first)
    await clock.advance(2_000)
    const second = await credential(simulator)
    expect(second['AccessKeyId']).not.toBe(first['AccessKeyId'])
    expect((await read(simulator, first)).status).toBe(200)
    await clock.advance(500_000)
    expect((await read(simulator, first)).json['Code']).toBe('InvalidSecurityToken.Expired')
    expect((await read(simulator, second)).status).toBe(200)
  })

  it('creates a new credential when the current one was revoked', async () => {
    const simulator = await start()
    const first = await credential(simulator)
    await controlCall(simulator.control, 'DELETE', `/sessions/${ROLE}`)
    expect((await read(simulator, first)).status).toBe(404)
    expect((await read(simulator, await credential(simulator))).status).toBe(200)
  })

  it.each([
    ['throttle', [429]],
    ['http503', [503]],
    ['deny', [403]],
    ['garbage', [200]],
  ])('supports the fault %s', async (fault, [status]) => {
    const simulator = await start()
    await controlCall(simulator.control, 'POST', '/faults', { match: { action: 'GetRoleCredential' }, fault, count: 1 })
    expect((await call(simulator, CREDENTIALS))[0]).toBe(200)
    const [answered, text] = await call(simulator, `${CREDENTIALS}${ROLE}`)
    expect([answered, text.includes('AccessKeyId')]).toEqual([status, false])
    expect((await call(simulator, `${CREDENTIALS}${ROLE}`))[0]).toBe(200)
  })

  it('supports the faults reset and slow', async () => {
    const simulator = await start({ delayMs: 1 })
    await controlCall(simulator.control, 'POST', '/faults', {
      match: { action: 'GetMetadataToken' },
      fault: 'reset',
      count: 1,
    })
    await expect(token(simulator)).rejects.toThrow('fetch failed')
    await controlCall(simulator.control, 'POST', '/faults', { fault: 'slow', ms: 5 })
    expect((await token(simulator))[0]).toBe(200)
  })

  it('changes on the control port', async () => {
    const simulator = await start()
    const put = (body: object): Promise<{ status: number; body: Record<string, unknown> }> =>
      controlCall(simulator.control, 'PUT', '/metadata', body)
    expect(await put({ tokenRequired: true })).toMatchObject({ status: 200, body: { tokenRequired: true, role: ROLE } })
    expect((await call(simulator, CREDENTIALS))[0]).toBe(403)
    expect((await put({ tokenRequired: false, role: 'second' })).status).toBe(200)
    expect(await call(simulator, CREDENTIALS)).toEqual([200, 'second'])
    expect((await put({ role: null })).body['role']).toBeNull()
    expect((await call(simulator, CREDENTIALS))[0]).toBe(404)
    expect(await put({ role: 'other' })).toMatchObject({ status: 400 })
    expect(await put({ colour: 'red' })).toMatchObject({ status: 400 })
  })
})
