import { defined } from '@ack-secret-manager/core'
import { ManualClock } from '@ack-secret-manager/core/testing'
import { describe, expect, it } from 'vitest'
import type { Seed } from '../seed.ts'
import type { Simulator } from '../simulator.ts'
import { controlCall } from '../testing/control-call.ts'
import { ADMIN, READER, SEED } from '../testing/seed.ts'
import { type Reply, signedCall, type Signer } from '../testing/signed-call.ts'
import { simulatorOfTest } from '../testing/start-test-simulator.ts'

const ACCOUNT = SEED.account
const OTHER_ACCOUNT = '9876543210987654'
const ASSUMER = { id: 'LTAI5tAssumer', secret: 'assumer-secret' }
const arn = (name: string, account = ACCOUNT): string => `acs:ram::${account}:role/${name}`

const seed = {
  ...SEED,
  accessKeys: [
    ...SEED.accessKeys,
    { ...ASSUMER, allow: [{ actions: ['sts:AssumeRole'], resources: ['acs:ram::*:role/*'] }] },
  ],
  roles: [
    {
      name: 'Reader',
      trust: { accessKeys: [ASSUMER.id, ADMIN.id] },
      allow: [{ actions: ['kms:GetSecretValue', 'sts:AssumeRole'], resources: ['app/*', 'Partner'] }],
    },
    { name: 'Long', trust: { accessKeys: [ASSUMER.id] }, maxSessionSeconds: 43_200 },
    { name: 'Guarded', trust: { accessKeys: [ASSUMER.id], externalId: 'shibboleth' } },
    {
      name: 'Partner',
      account: OTHER_ACCOUNT,
      trust: { roles: [arn('reader')] },
      allow: [{ actions: ['kms:*'], resources: ['acs:kms:*:*:secret/acs/*'] }],
    },
  ],
} satisfies Seed

const clock = new ManualClock()
const start = (extra: Partial<Seed> = {}): Promise<Simulator> => simulatorOfTest({ seed: { ...seed, ...extra }, clock })

type Params = Record<string, string>

function sts(
  simulator: Simulator,
  action: string,
  params: Params,
  signer: Signer = ASSUMER,
  signature?: 'acs3',
): Promise<Reply> {
  const options = { endpoint: simulator.sts ?? '', caPem: simulator.caPem, version: '2015-04-01' }
  const date = new Date(clock.now())
  return signedCall(action, { ...options, signer, params, date, ...defined({ signature }) })
}

function assume(simulator: Simulator, params: Params = {}, signer?: Signer, signature?: 'acs3'): Promise<Reply> {
  return sts(simulator, 'AssumeRole', { RoleArn: arn('Reader'), RoleSessionName: 'me', ...params }, signer, signature)
}

async function session(simulator: Simulator, params?: Params, signer?: Signer): Promise<Required<Signer>> {
  const { json } = await assume(simulator, params, signer)
  const { AccessKeyId, AccessKeySecret, SecurityToken } = json['Credentials'] as Record<string, string>
  return { id: AccessKeyId ?? '', secret: AccessKeySecret ?? '', securityToken: SecurityToken ?? '' }
}

function read(simulator: Simulator, name: string, signer: Signer): Promise<Reply> {
  const date = new Date(clock.now())
  const { kms: endpoint, caPem } = simulator
  return signedCall('GetSecretValue', { endpoint, caPem, signer, params: { SecretName: name }, date })
}

function summary(reply: Reply): [number, unknown] {
  return [reply.status, reply.json['Code']]
}

describe('AssumeRole', () => {
  it.each([undefined, 'acs3'] as const)(
    'creates a session with the permissions of its role (%s)',
    async (signature) => {
      const simulator = await start()
      const { status, json } = await assume(simulator, {}, ASSUMER, signature)
      const ends = `${new Date(clock.now() + 3_600_000).toISOString().slice(0, 19)}Z`
      expect([status, json]).toEqual([
        200,
        {
          RequestId: expect.any(String),
          AssumedRoleUser: {
            AssumedRoleId: expect.stringMatching(/^3\d{17}:me$/),
            Arn: `acs:ram::${ACCOUNT}:assumed-role/Reader/me`,
          },
          Credentials: {
            AccessKeyId: expect.stringMatching(/^STS\./),
            AccessKeySecret: expect.any(String),
            SecurityToken: expect.any(String),
            Expiration: ends,
          },
        },
      ])
      const me = await session(simulator)
      expect((await read(simulator, 'app/db', me)).json).toMatchObject({ SecretData: '{"user":"tom"}' })
      expect(summary(await read(simulator, 'acs/rds/main', me))).toEqual([403, 'Forbidden.NoPermission'])
    },
  )

  it('is identified by the assumed role in the call log and in errors', async () => {
    const simulator = await start()
    const me = await session(simulator)
    await read(simulator, 'app/db', me)
    const refused = await read(simulator, 'other', me)
    expect(refused.json['AccessDeniedDetail']).toMatchObject({
      AuthPrincipalDisplayName: 'Reader:me',
      AuthPrincipalType: 'AssumedRoleUser',
    })
    const identity = `acs:ram::${ACCOUNT}:assumed-role/Reader/me`
    expect(
      (await controlCall(simulator.control, 'GET', '/calls?groupBy=action,secret,identity')).body['calls'],
    ).toEqual([
      { action: 'AssumeRole', secret: 'Reader', identity: ASSUMER.id, count: 1 },
      { action: 'GetSecretValue', secret: 'app/db', identity, count: 1 },
      { action: 'GetSecretValue', secret: 'other', identity, count: 1 },
    ])
  })

  it.each([
    ['no role', { RoleArn: '' }, 400, 'MissingParameter'],
    ['a value that is not the ARN of a role', { RoleArn: 'Reader' }, 400, 'InvalidParameter.RoleArn'],
    ['no session name', { RoleSessionName: '' }, 400, 'MissingParameter'],
    ['a short session name', { RoleSessionName: 'a' }, 400, 'InvalidParameter.RoleSessionName'],
    ['a session name with a slash', { RoleSessionName: 'a/b' }, 400, 'InvalidParameter.RoleSessionName'],
    ['a long session name', { RoleSessionName: 'a'.repeat(65) }, 400, 'InvalidParameter.RoleSessionName'],
    ['a session that is too short', { DurationSeconds: '899' }, 400, 'InvalidParameter.DurationSeconds'],
    ['a session that is too long', { DurationSeconds: '3601' }, 400, 'InvalidParameter.DurationSeconds'],
    ['an invalid duration', { DurationSeconds: '1h' }, 400, 'InvalidParameter.DurationSeconds'],
    ['an external id of one letter', { ExternalId: 'a' }, 400, 'InvalidParameter.ExternalId'],
    ['an invalid policy', { Policy: '{' }, 400, 'InvalidParameter.PolicyGrammar'],
    ['a policy that is too long', { Policy: ' '.repeat(2_049) }, 400, 'InvalidParameter.PolicySize'],
    ['a role that does not exist', { RoleArn: arn('none') }, 404, 'EntityNotExist.Role'],
    ['a role of another account', { RoleArn: arn('Reader', OTHER_ACCOUNT) }, 404, 'EntityNotExist.Role'],
    ['a role that trusts others', { RoleArn: arn('Partner', OTHER_ACCOUNT) }, 403, 'NoPermission'],
    ['a role that requires an external id', { RoleArn: arn('Guarded') }, 403, 'NoPermission'],
    ['another external id', { RoleArn: arn('Guarded'), ExternalId: 'guess' }, 403, 'NoPermission'],
  ])('is refused for %s', async (_what, params, status, code) => {
    expect(summary(await assume(await start(), params))).toEqual([status, code])
  })

  it('returns the maximum session of the role', async () => {
    const simulator = await start()
    const message = async (role: string): Promise<unknown> =>
      (await assume(simulator, { RoleArn: arn(role), DurationSeconds: '43201' })).json['Message']
    expect(await message('Reader')).toBe('The Min/Max value of DurationSeconds is 15min/1hr.')
    expect(await message('Long')).toBe('The Min/Max value of DurationSeconds is 15min/12hr.')
    expect((await assume(simulator, { RoleArn: arn('Long'), DurationSeconds: '43200' })).status).toBe(200)
  })

  it('accepts role names in any case, and the external id', async () => {
    const simulator = await start()
    expect((await assume(simulator, { RoleArn: arn('reader') })).status).toBe(200)
    expect((await assume(simulator, { RoleArn: arn('Guarded'), ExternalId: 'shibboleth' })).status).toBe(200)
  })

  it('also requires the permission of the caller', async () => {
    const simulator = await start()
    // The role trusts it, but its own policy does not name sts:AssumeRole.
    const reply = await assume(simulator, {}, ADMIN)
    expect(summary(reply)).toEqual([403, 'NoPermission'])
    expect(reply.json['AccessDeniedDetail']).toMatchObject({ AuthAction: 'sts:AssumeRole' })
    expect(summary(await assume(simulator, {}, READER))).toEqual([403, 'NoPermission'])
  })

  it('can be repeated for a role of another account', async () => {
    const simulator = await start()
    const first = await session(simulator)
    const second = await session(simulator, { RoleArn: arn('Partner', OTHER_ACCOUNT) }, first)
    expect((await read(simulator, 'acs/rds/main', second)).status).toBe(200)
    expect((await read(simulator, 'app/db', second)).status).toBe(403)
    expect((await sts(simulator, 'GetCallerIdentity', {}, second)).json).toMatchObject({
      AccountId: OTHER_ACCOUNT,
      Arn: `acs:ram::${OTHER_ACCOUNT}:assumed-role/Partner/me`,
    })
  })

  it('restricts a session by a policy, and never extends it', async () => {
    const simulator = await start()
    const policy = (resource: string): Params => ({
      Policy: JSON.stringify({
        Version: '1',
        Statement: [{ Effect: 'Allow', Action: 'kms:*', Resource: `acs:kms:*:*:secret/${resource}` }],
      }),
    })
    const narrow = await session(simulator, policy('app/db'))
    expect((await read(simulator, 'app/db', narrow)).status).toBe(200)
    expect((await read(simulator, 'app/key', narrow)).status).toBe(403)
    const wide = await session(simulator, policy('*'))
    expect((await read(simulator, 'acs/rds/main', wide)).status).toBe(403)
    const deny = JSON.stringify({ Version: '1', Statement: [{ Effect: 'Deny', Action: '*', Resource: '*' }] })
    expect(summary(await assume(simulator, { Policy: deny }))).toEqual([400, 'InvalidParameter.PolicyGrammar'])
  })

  it('is rejected if a byte of the signature is flipped', async () => {
    const simulator = await start()
    const reply = await signedCall('AssumeRole', {
      endpoint: simulator.sts ?? '',
      caPem: simulator.caPem,
      version: '2015-04-01',
      signer: ASSUMER,
      date: new Date(clock.now()),
      params: { RoleArn: arn('Reader'), RoleSessionName: 'me' },
      tamper: ({ query }) => {
        const signature = query.get('Signature') ?? ''
        query.set('Signature', (signature.startsWith('A') ? 'B' : 'A') + signature.slice(1))
      },
    })
    expect(summary(reply)).toEqual([400, 'SignatureDoesNotMatch'])
  })

  it('has a quota', async () => {
    const simulator = await start({ quota: { stsPerSecond: 2 } })
    const statuses = [await assume(simulator), await assume(simulator), await assume(simulator)].map(summary)
    expect(statuses).toEqual([
      [200, undefined],
      [200, undefined],
      [400, 'Throttling.User'],
    ])
  })

  it('supports faults with the errors of STS', async () => {
    const simulator = await start()
    const fault = (kind: string): Promise<unknown> =>
      controlCall(simulator.control, 'POST', '/faults', {
        match: { action: 'AssumeRole', secret: 'Reader' },
        fault: kind,
        count: 1,
      })
    await fault('throttle')
    expect(summary(await assume(simulator, { RoleArn: arn('Long') }))).toEqual([200, undefined])
    expect(summary(await assume(simulator))).toEqual([400, 'Throttling.User'])
    await fault('deny')
    expect(summary(await assume(simulator))).toEqual([403, 'NoPermission'])
    await fault('http503')
    expect(summary(await assume(simulator))).toEqual([503, 'ServiceUnavailableTemporary'])
  })
})

describe('a session', () => {
  it('ends when it expires', async () => {
    const simulator = await start()
    const me = await session(simulator, { DurationSeconds: '900' })
    await clock.advance(899_000)
    expect((await read(simulator, 'app/db', me)).status).toBe(200)
    await clock.advance(1_000)
    expect(summary(await read(simulator, 'app/db', me))).toEqual([400, 'InvalidSecurityToken.Expired'])
  })

  it('is listed on the control port, for tests that search for its secrets', async () => {
    const simulator = await start()
    const { id, secret, securityToken } = await session(simulator)
    expect((await controlCall(simulator.control, 'GET', '/sessions')).body).toMatchObject({
      sessions: [{ accessKeyId: id, accessKeySecret: secret, securityToken, arn: expect.stringContaining('/Reader/') }],
    })
  })

  it('ends when it is revoked, and is not restored with its role', async () => {
    const simulator = await start()
    const me = await session(simulator)
    expect(await controlCall(simulator.control, 'DELETE', '/sessions/Long')).toMatchObject({
      body: { sessionsEnded: 0 },
    })
    expect((await read(simulator, 'app/db', me)).status).toBe(200)
    expect(await controlCall(simulator.control, 'DELETE', '/sessions')).toMatchObject({ body: { sessionsEnded: 1 } })
    expect(summary(await read(simulator, 'app/db', me))).toEqual([404, 'InvalidAccessKeyId.NotFound'])

    const again = await session(simulator)
    await controlCall(simulator.control, 'DELETE', '/roles/Reader')
    expect(summary(await read(simulator, 'app/db', again))).toEqual([404, 'InvalidAccessKeyId.NotFound'])
    expect(summary(await assume(simulator))).toEqual([404, 'EntityNotExist.Role'])
    await controlCall(simulator.control, 'PUT', '/roles/Reader')
    expect((await read(simulator, 'app/db', again)).status).toBe(404)
    expect((await read(simulator, 'app/db', await session(simulator))).status).toBe(200)
  })

  it('has the current permissions of its role', async () => {
    const simulator = await start()
    const me = await session(simulator)
    await controlCall(simulator.control, 'PUT', '/roles/Reader', {
      allow: [{ actions: ['kms:*'], resources: ['acs/*'] }],
    })
    expect((await read(simulator, 'app/db', me)).status).toBe(403)
    expect((await read(simulator, 'acs/rds/main', me)).status).toBe(200)
  })

  it('requires its own secret and token', async () => {
    const simulator = await start()
    const me = await session(simulator)
    expect(summary(await read(simulator, 'app/db', { ...me, secret: 'wrong' }))).toEqual([400, 'SignatureDoesNotMatch'])
    const other = await session(simulator)
    expect(summary(await read(simulator, 'app/db', { ...me, securityToken: other.securityToken }))).toEqual([
      400,
      'InvalidSecurityToken.MismatchWithAccessKey',
    ])
  })
})

describe('GetCallerIdentity', () => {
  it('returns users and sessions, and requires no permission', async () => {
    const simulator = await start()
    expect((await sts(simulator, 'GetCallerIdentity', {}, READER)).json).toEqual({
      RequestId: expect.any(String),
      IdentityType: 'RAMUser',
      AccountId: ACCOUNT,
      PrincipalId: expect.stringMatching(/^2\d{17}$/),
      UserId: expect.stringMatching(/^2\d{17}$/),
      Arn: `acs:ram::${ACCOUNT}:user/${READER.id}`,
    })
    expect((await sts(simulator, 'GetCallerIdentity', {}, await session(simulator), 'acs3')).json).toEqual({
      RequestId: expect.any(String),
      IdentityType: 'AssumedRoleUser',
      AccountId: ACCOUNT,
      PrincipalId: expect.stringMatching(/^3\d{17}:me$/),
      RoleId: expect.stringMatching(/^3\d{17}$/),
      Arn: `acs:ram::${ACCOUNT}:assumed-role/Reader/me`,
    })
  })
})
