import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { ManualClock } from '@ack-secret-manager/core/testing'
import { directoryOfTests } from '@ack-secret-manager/test-support/directories'
import { describe, expect, it } from 'vitest'
import type { Seed } from '../../seed.ts'
import type { Simulator } from '../../simulator.ts'
import { controlCall } from '../../testing/control-call.ts'
import { OidcIssuer, type TokenClaims } from '../../testing/oidc-issuer.ts'
import { SEED } from '../../testing/seed.ts'
import { signedCall } from '../../testing/signed-call.ts'
import { simulatorOfTest } from '../../testing/start-test-simulator.ts'
import { unsignedCall } from '../../testing/unsigned-call.ts'

const ISSUER = 'https://kubernetes.default.svc'
const SUBJECT = 'system:serviceaccount:app:reader'
const PROVIDER = `acs:ram::${SEED.account}:oidc-provider/ack-rrsa-demo`
const ROLE = `acs:ram::${SEED.account}:role/rrsa`

const rsa = new OidcIssuer('RS256')
const ec = new OidcIssuer('ES256')
const stranger = new OidcIssuer('RS256', rsa.keyId)
const clock = new ManualClock()

const jwks = { keys: [rsa.jwk, ec.jwk] }

function seedWith(source: object): Seed {
  return {
    ...SEED,
    roles: [
      {
        name: 'rrsa',
        trust: { oidc: { issuer: ISSUER, audience: 'sts.aliyuncs.com', subject: 'system:serviceaccount:app:*' } },
        allow: [{ actions: ['kms:GetSecretValue'], resources: ['app/*'] }],
      },
      { name: 'closed', trust: { ecs: true } },
    ],
    oidcProviders: [{ arn: PROVIDER, issuer: ISSUER, clientIds: ['sts.aliyuncs.com', 'other'], ...source }],
  }
}

const directory = directoryOfTests()

const start = (source: object = { jwks }): Promise<Simulator> => simulatorOfTest({ seed: seedWith(source), clock })

function claims(changed: TokenClaims = {}): TokenClaims {
  const now = Math.floor(clock.now() / 1_000)
  return { iss: ISSUER, sub: SUBJECT, aud: ['sts.aliyuncs.com'], exp: now + 3_600, nbf: now, iat: now, ...changed }
}

type Reply = Awaited<ReturnType<typeof unsignedCall>>

function assume(
  simulator: Simulator,
  token: string,
  params: Record<string, string> = {},
  inQuery = false,
): Promise<Reply> {
  return unsignedCall('AssumeRoleWithOIDC', {
    endpoint: simulator.sts ?? '',
    caPem: simulator.caPem,
    inQuery,
    params: { OIDCProviderArn: PROVIDER, RoleArn: ROLE, RoleSessionName: 'me', OIDCToken: token, ...params },
  })
}

function summary({ status, json }: Reply): [number, unknown] {
  return [status, json['Code']]
}

const OK = [200, undefined]

describe('AssumeRoleWithOIDC', () => {
  it.each([
    ['RS256', rsa, false],
    ['ES256', ec, false],
    ['RS256, all parameters in the query', rsa, true],
  ])('creates a session for a token (%s)', async (_what, issuer, inQuery) => {
    const simulator = await start()
    const { status, json } = await assume(simulator, issuer.token(claims()), {}, inQuery)
    expect([status, json]).toMatchObject([
      200,
      {
        AssumedRoleUser: { Arn: `acs:ram::${SEED.account}:assumed-role/rrsa/me` },
        OIDCTokenInfo: { Subject: SUBJECT, Issuer: ISSUER, ClientIds: 'sts.aliyuncs.com', VerificationInfo: 'Success' },
      },
    ])
    const { AccessKeyId, AccessKeySecret, SecurityToken } = json['Credentials'] as Record<string, string>
    const reply = await signedCall('GetSecretValue', {
      endpoint: simulator.kms,
      caPem: simulator.caPem,
      signer: { id: AccessKeyId ?? '', secret: AccessKeySecret ?? '', securityToken: SecurityToken ?? '' },
      date: new Date(clock.now()),
      params: { SecretName: 'app/db' },
    })
    expect(reply.status).toBe(200)
    expect(
      (await controlCall(simulator.control, 'GET', '/calls?groupBy=action,identity,result')).body['calls'],
    ).toEqual([
      { action: 'AssumeRoleWithOIDC', identity: SUBJECT, result: 'OK', count: 1 },
      { action: 'GetSecretValue', identity: `acs:ram::${SEED.account}:assumed-role/rrsa/me`, result: 'OK', count: 1 },
    ])
  })

  const INVALID = [401, 'AuthenticationFail.OIDCToken.Invalid']
  const now = (): number => Math.floor(clock.now() / 1_000)
  it.each<[string, () => string, unknown[]]>([
    ['is not a token', () => 'nothing', INVALID],
    ['has a newline at its end', () => `${rsa.token(claims())}\n`, INVALID],
    ['has a fourth part', () => `${rsa.token(claims())}.x`, INVALID],
    ['is signed with another key', () => stranger.token(claims()), INVALID],
    ['has an unknown key id', () => rsa.token(claims(), { kid: 'none' }), INVALID],
    ['claims another algorithm than its key has', () => rsa.token(claims(), { alg: 'ES256' }), INVALID],
    ['names the key of another algorithm', () => rsa.token(claims(), { kid: ec.keyId }), INVALID],
    ['has no algorithm', () => rsa.token(claims(), { alg: 'none' }), INVALID],
    ['is signed by HMAC', () => rsa.token(claims(), { alg: 'HS256' }), INVALID],
    ['has no subject', () => rsa.token(claims({ sub: undefined })), INVALID],
    ['has no expiry', () => rsa.token(claims({ exp: undefined })), INVALID],
    ['is not valid yet', () => rsa.token(claims({ nbf: now() + 120 })), INVALID],
    ['has expired', () => rsa.token(claims({ exp: now() })), [401, 'AuthenticationFail.OIDCToken.Expired']],
    [
      'is of another issuer',
      () => rsa.token(claims({ iss: 'https://x' })),
      [401, 'AuthenticationFail.OIDCToken.IssuerNotMatch'],
    ],
    [
      'is for another audience',
      () => rsa.token(claims({ aud: 'kube' })),
      [401, 'AuthenticationFail.OIDCToken.AudienceNotMatch'],
    ],
    [
      'is for an audience that the role does not trust',
      () => rsa.token(claims({ aud: 'other' })),
      [403, 'AuthenticationFail.NoPermission'],
    ],
    [
      'is of a subject that the role does not trust',
      () => rsa.token(claims({ sub: 'system:serviceaccount:x:reader' })),
      [403, 'AuthenticationFail.NoPermission'],
    ],
  ])('refuses a token that %s', async (_what, token, expected) => {
    expect(summary(await assume(await start(), token()))).toEqual(expected)
  })

  it('refuses a token of which a byte is flipped', async () => {
    const token = rsa.token(claims())
    const at = token.length - 20
    const flipped = token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1)
    expect(summary(await assume(await start(), flipped))).toEqual(INVALID)
  })

  it.each([
    ['no token', { OIDCToken: '' }, [400, 'MissingParameter']],
    ['a token that is too short', { OIDCToken: 'abc' }, [400, 'InvalidParameter.OIDCToken']],
    ['a token that is too long', { OIDCToken: 'a'.repeat(20_001) }, [400, 'InvalidParameter.OIDCToken']],
    ['a malformed provider', { OIDCProviderArn: 'ack' }, [400, 'InvalidParameter.OIDCProviderArn']],
    ['a missing provider', { OIDCProviderArn: `${PROVIDER}-2` }, [404, 'EntityNotExist.OIDCProvider']],
    ['a missing role', { RoleArn: `${ROLE}-2` }, [404, 'EntityNotExist.Role']],
    [
      'a role that trusts no token',
      { RoleArn: ROLE.replace('rrsa', 'closed') },
      [403, 'AuthenticationFail.NoPermission'],
    ],
    ['a session that is too long', { DurationSeconds: '3601' }, [400, 'InvalidParameter.DurationSeconds']],
    ['an invalid session name', { RoleSessionName: 'a b' }, [400, 'InvalidParameter.RoleSessionName']],
  ])('is refused for %s', async (_what, params, expected) => {
    expect(summary(await assume(await start(), rsa.token(claims()), params))).toEqual(expected)
  })

  it('supports faults', async () => {
    const simulator = await start()
    const fault = (kind: string): Promise<unknown> =>
      controlCall(simulator.control, 'POST', '/faults', {
        match: { action: 'AssumeRoleWithOIDC' },
        fault: kind,
        count: 1,
      })
    await fault('deny')
    expect(summary(await assume(simulator, rsa.token(claims())))).toEqual([403, 'NoPermission'])
    await fault('throttle')
    expect(summary(await assume(simulator, rsa.token(claims())))).toEqual([400, 'Throttling.User'])
    expect(summary(await assume(simulator, rsa.token(claims())))).toEqual(OK)
  })
})

describe('the keys of a provider', () => {
  it('are read from a file, and again when a token names a new one', async () => {
    const jwksFile = join(directory, 'jwks.json')
    await writeFile(jwksFile, JSON.stringify({ keys: [rsa.jwk] }))
    const simulator = await start({ jwksFile })
    expect(summary(await assume(simulator, rsa.token(claims())))).toEqual(OK)
    expect(summary(await assume(simulator, ec.token(claims())))[0]).toBe(401)
    await writeFile(jwksFile, JSON.stringify(jwks))
    expect(summary(await assume(simulator, ec.token(claims())))).toEqual(OK)
  })

  it('are fetched from a URL', async () => {
    const server = createServer((request, response) => {
      response.writeHead(request.url === '/none' ? 404 : 200)
      response.end(JSON.stringify(request.url === '/endless' ? { ...jwks, more: 'x'.repeat(1024 * 1024) } : jwks))
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    try {
      const simulator = await start({ jwksUrl: `${base}/openid/v1/jwks` })
      expect(summary(await assume(simulator, rsa.token(claims())))).toEqual(OK)
      const path = `/oidcProviders/${PROVIDER}`
      for (const bad of ['none', 'endless']) {
        await controlCall(simulator.control, 'PUT', path, { issuer: ISSUER, jwksUrl: `${base}/${bad}` })
        const broken = [401, 'AuthenticationFail.OIDCToken.IssuerConfigurationBroken']
        expect(summary(await assume(simulator, rsa.token(claims())))).toEqual(broken)
      }
    } finally {
      server.close()
      server.closeAllConnections()
    }
  })

  it.each([
    ['a missing file', 'none.json', undefined],
    ['text that is not JSON', 'text.json', 'hello'],
    ['JSON that is not a key set', 'object.json', '{}'],
    ['an invalid key', 'key.json', '{"keys":[{"kty":"RSA","kid":"a"}]}'],
  ])('are refused: %s', async (_what, name, text) => {
    const jwksFile = join(directory, name)
    if (text !== undefined) await writeFile(jwksFile, text)
    const broken = [401, 'AuthenticationFail.OIDCToken.IssuerConfigurationBroken']
    expect(summary(await assume(await start({ jwksFile }), rsa.token(claims())))).toEqual(broken)
  })

  it('are added and removed on the control port', async () => {
    const simulator = await start()
    const path = `/oidcProviders/${PROVIDER}`
    await controlCall(simulator.control, 'PUT', path, { issuer: ISSUER, jwks: { keys: [ec.jwk] } })
    expect(summary(await assume(simulator, rsa.token(claims())))[0]).toBe(401)
    expect(summary(await assume(simulator, ec.token(claims())))).toEqual(OK)
    expect((await controlCall(simulator.control, 'DELETE', path)).status).toBe(200)
    expect(summary(await assume(simulator, ec.token(claims())))).toEqual([404, 'EntityNotExist.OIDCProvider'])
    expect((await controlCall(simulator.control, 'DELETE', path)).status).toBe(404)
    expect((await controlCall(simulator.control, 'PUT', path, { issuer: ISSUER })).status).toBe(400)
  })
})
