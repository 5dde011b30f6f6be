import { rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { StsClient } from '@ack-secret-manager/alicloud-openapi'
import { type Credential, type CredentialProvider, type CredentialRefresh, Sensitive } from '@ack-secret-manager/core'
import { ManualClock } from '@ack-secret-manager/core/testing'
import { type Simulator, startSimulator } from '@ack-secret-manager/kms-simulator'
import { directoryOfTests } from '@ack-secret-manager/test-support/directories'
import { failureOf } from '@ack-secret-manager/test-support/failure-of'
import { callsByResult, simulatorControl } from '@ack-secret-manager/test-support/simulator-control'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type OidcTokenSource, withClaims } from './oidc-token.ts'
import { type RrsaOptions, rrsaProvider } from './rrsa-provider.ts'
import { newIssuer } from './testing/issuer.ts'
import { tokenFile } from './token-file.ts'

const ACCOUNT = '1234567890123456'
const ROLE = `acs:ram::${ACCOUNT}:role/app`
const PROVIDER = `acs:ram::${ACCOUNT}:oidc-provider/ack-rrsa-c1`
const SUBJECT = 'system:serviceaccount:prod:app'
const AUDIENCE = 'sts.aliyuncs.com'
const signal = new AbortController().signal
const clock = new ManualClock(Date.now())
const cluster = newIssuer('https://oidc.example/c1')
const other = newIssuer('https://oidc.example/c1')

let simulator: Simulator
let stsEndpoint: string
const directory = directoryOfTests()
const open: CredentialProvider[] = []

beforeAll(async () => {
  const oidc = { issuer: cluster.issuer, audience: AUDIENCE, subject: SUBJECT }
  simulator = await startSimulator({
    clock,
    seed: {
      account: ACCOUNT,
      roles: [
        { name: 'app', trust: { oidc } },
        { name: 'other', trust: { oidc: { ...oidc, subject: 'system:serviceaccount:prod:other' } } },
      ],
      oidcProviders: [{ arn: PROVIDER, issuer: cluster.issuer, jwks: cluster.jwks }],
    },
  })
  stsEndpoint = new URL(simulator.sts ?? '').host
})

afterAll(() => simulator.close())

afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one.close()
  await control('DELETE', 'faults')
  await control('DELETE', 'calls')
})

const control = simulatorControl(() => simulator.control)

const calls = (): Promise<Record<string, number>> => callsByResult(control)

const inAnHour = (): number => Math.floor(clock.now() / 1_000) + 3_600

function tokenFor(claims: Record<string, unknown> = {}, issuer = cluster): string {
  return issuer.token({ sub: SUBJECT, aud: [AUDIENCE], exp: inAnHour(), ...claims })
}

function source(next: () => string): OidcTokenSource {
  return { description: 'ServiceAccount prod/app', fingerprint: ['test'], token: async () => new Sensitive(next()) }
}

function provider(options: Partial<RrsaOptions> = {}): CredentialProvider {
  const one = rrsaProvider({
    roleArn: ROLE,
    oidcProviderArn: PROVIDER,
    token: source(() => tokenFor()),
    region: 'cn-hangzhou',
    stsEndpoint,
    ca: simulator.caPem,
    clock,
    random: () => 0.5,
    ...options,
  })
  open.push(one)
  return one
}

async function arnOf(credential: Credential): Promise<string> {
  await using sts = new StsClient({ region: 'cn-hangzhou', endpoint: stsEndpoint, ca: simulator.caPem, clock })
  return (await sts.callerIdentity(credential, { signal })).arn
}

describe('rrsaProvider', () => {
  it('assumes the role of the ServiceAccount with one call for 200 callers', async () => {
    const refreshes: CredentialRefresh[] = []
    const one = provider({ sessionName: 'tests', onRefresh: (refresh) => refreshes.push(refresh) })
    const credentials = await Promise.all(Array.from({ length: 200 }, () => one.credential({ signal })))
    expect(new Set(credentials).size).toBe(1)
    expect(await arnOf(credentials[0] as Credential)).toBe(`acs:ram::${ACCOUNT}:assumed-role/app/tests`)
    expect(await calls()).toEqual({ 'AssumeRoleWithOIDC OK': 1, 'GetCallerIdentity OK': 1 })
    expect(refreshes).toMatchObject([{ provider: 'rrsa', result: 'ok' }])
  })

  it('rereads the token file at each refresh', async () => {
    const path = join(directory, 'token')
    await writeFile(path, `\uFEFF${tokenFor()}\n`)
    const one = provider({ token: tokenFile(path) })
    const first = await one.credential({ signal })
    await writeFile(`${path}.new`, ` ${tokenFor({ sub: 'system:serviceaccount:prod:canary' })}\n`)
    await rename(`${path}.new`, path)
    one.invalidate(first)
    expect(await failureOf(one.credential({ signal }))).toMatchObject({
      code: 'Unauthenticated',
      facts: { remoteCode: 'AuthenticationFail.NoPermission' },
    })
    await writeFile(path, tokenFor())
    await clock.advance(60_000)
    expect(await one.credential({ signal })).not.toBe(first)
  })

  it('keeps its session when the token is deleted, and fails when it expires', async () => {
    const path = join(directory, 'goes')
    await writeFile(path, tokenFor())
    const one = provider({ token: tokenFile(path) })
    const first = await one.credential({ signal })
    await rm(path)
    await clock.advance(3_500_000)
    expect(await one.credential({ signal })).toBe(first)
    await clock.advance(100_000)
    expect(await failureOf(one.credential({ signal }))).toMatchObject({
      code: 'Unauthenticated',
      message: `token file ${path} does not exist: mount a projected ServiceAccount token there, or let ack-pod-identity-webhook do it`,
    })
  })

  it('describes its identity', () => {
    const { identity } = provider({ token: tokenFile('/var/run/secrets/tokens/ack-secret-manager') })
    expect(identity).toMatchObject({
      kind: 'rrsa',
      description: `role ${ROLE} of token file /var/run/secrets/tokens/ack-secret-manager`,
      account: ACCOUNT,
      issuer: stsEndpoint,
    })
  })

  it.each<[string, Partial<RrsaOptions>, string]>([
    ['how long its sessions last', { durationSeconds: 1_800 }, 'different'],
    ['not its token', { token: source(() => 'another') }, 'equal'],
    ['the source of the token', { token: tokenFile('/a') }, 'different'],
    ['its role', { roleArn: `acs:ram::${ACCOUNT}:role/other` }, 'different'],
    ['its OIDC provider', { oidcProviderArn: `${PROVIDER}2` }, 'different'],
    ['its session name', { sessionName: 'other' }, 'different'],
    ['the endpoint of STS', { stsEndpoint: 'sts.cn-hangzhou.aliyuncs.com' }, 'different'],
  ])('has the same identity depending on %s', (_rule, options, expected) => {
    const same = provider(options).identity.fingerprint === provider().identity.fingerprint
    expect(same ? 'equal' : 'different').toBe(expected)
  })
})

describe('withClaims', () => {
  const described = async (claims: Record<string, unknown>) =>
    (
      await withClaims(
        source(() => tokenFor(claims)),
        { signal, clock },
      )
    ).fingerprint

  it.each<[string, Record<string, unknown>, boolean]>([
    ['a newer token for the same', { iat: 7, jti: 'next' }, true],
    ['another subject', { sub: 'system:serviceaccount:prod:other' }, false],
    ['another issuer', { iss: 'https://oidc.example/c2' }, false],
    ['another audience', { aud: ['vault'] }, false],
  ])('%s: same fingerprint: %s', async (_what, claims, isSame) => {
    const same = JSON.stringify(await described(claims)) === JSON.stringify(await described({}))
    expect(same).toBe(isSame)
  })

  it('rejects an expired token', async () => {
    const over = source(() => tokenFor({ exp: inAnHour() - 7_200 }))
    expect(await failureOf(withClaims(over, { signal, clock }))).toMatchObject({
      code: 'Unauthenticated',
      message: expect.stringContaining('holds a token that expired at'),
    })
  })
})

describe('rrsaProvider, bad input', () => {
  it.each<[string, Partial<RrsaOptions>, string]>([
    ['a malformed role', { roleArn: 'app' }, 'roleArn'],
    ['a malformed provider', { oidcProviderArn: 'ack-rrsa-c1' }, 'oidcProviderArn'],
    ['a session name with blanks', { sessionName: 'a b' }, 'sessionName'],
    ['a session that is too long', { durationSeconds: 43_201 }, 'durationSeconds'],
    ['an endpoint with a scheme', { stsEndpoint: 'https://sts.example' }, 'stsEndpoint'],
  ])('%s is rejected immediately', (_rule, options, field) =>
    expect(() => provider(options)).toThrowError(expect.objectContaining({ code: 'InvalidSpec', facts: { field } })),
  )

  it.each<[string, () => string, RegExp]>([
    ['no token', () => '', /ServiceAccount prod\/app is empty/],
    [
      'a token with a line break',
      () => tokenFor().replace('.', '.\n'),
      /has white space inside: is it cut by a line break/,
    ],
    ['a token that is too long', () => tokenFor({ pad: 'x'.repeat(20_000) }), /longer than 20000 characters/],
    ['no JSON Web Token', () => 'canary', /is not a JSON Web Token with issuer, subject and expiry/],
    ['a token without expiry', () => tokenFor({ exp: undefined }), /is not a JSON Web Token with/],
    ['a token with an impossible expiry', () => tokenFor({ exp: 1e300 }), /is not a JSON Web Token with/],
    [
      'an expired token',
      () => tokenFor({ exp: inAnHour() - 7_200 }),
      /holds a token that expired at 20\d\d-.*Z: check that it is renewed/,
    ],
  ])('%s is rejected without a call', async (_rule, next, message) => {
    const failure = await failureOf(provider({ token: source(next) }).credential({ signal }))
    expect(failure).toMatchObject({ code: 'Unauthenticated', message: expect.stringMatching(message) })
    expect(inspect(failure, { depth: 10, showHidden: true })).not.toMatch(/canary|eyJ/)
    expect(await calls()).toEqual({})
  })

  const notAudience =
    /no audience of the token \(https:\/\/kubernetes\) is a client id of acs:ram::1234567890123456:oidc-pro/
  it.each<[string, Partial<RrsaOptions>, string, RegExp]>([
    [
      'the wrong audience',
      { token: source(() => tokenFor({ aud: ['https://kubernetes'] })) },
      'AuthenticationFail.OIDCToken.AudienceNotMatch',
      notAudience,
    ],
    [
      'an audience as text',
      { token: source(() => tokenFor({ aud: 'https://kubernetes' })) },
      'AuthenticationFail.OIDCToken.AudienceNotMatch',
      notAudience,
    ],
    [
      'another issuer',
      { token: source(() => tokenFor({ iss: 'https://oidc.example/c2' })) },
      'AuthenticationFail.OIDCToken.IssuerNotMatch',
      /the issuer of the token \(https:\/\/oidc\.example\/c2\) differs from the issuer of acs:.*: is it the provider of this cluster/,
    ],
    [
      'the signature of another cluster',
      { token: source(() => tokenFor({}, other)) },
      'AuthenticationFail.OIDCToken.Invalid',
      /the token is not valid for acs:.*: was it issued by this cluster/,
    ],
    [
      'a subject that the role does not trust',
      { roleArn: `acs:ram::${ACCOUNT}:role/other` },
      'AuthenticationFail.NoPermission',
      /trust policy of the role .* allow the subject system:serviceaccount:prod:app, the issuer https:\/\/oidc\.example\/c1/,
    ],
    [
      'a role that does not exist',
      { roleArn: `acs:ram::${ACCOUNT}:role/missing` },
      'EntityNotExist.Role',
      /there is no such role/,
    ],
    [
      'a provider that does not exist',
      { oidcProviderArn: `${PROVIDER}2` },
      'EntityNotExist.OIDCProvider',
      /oidc-provider\/ack-rrsa-c12 does not exist: check account and name/,
    ],
    [
      'a session longer than the role allows',
      { durationSeconds: 7_200 },
      'InvalidParameter.DurationSeconds',
      /the role allows at most 3600 s/,
    ],
  ])('%s', async (_rule, options, remoteCode, message) => {
    const failure = await failureOf(provider(options).credential({ signal }))
    expect(failure).toMatchObject({
      code: 'Unauthenticated',
      message: expect.stringMatching(message),
      facts: { remoteCode },
    })
    expect(failure.message).toContain(`assuming role ${options.roleArn ?? ROLE} at ${stsEndpoint}: `)
    expect(inspect(failure, { depth: 10, showHidden: true })).not.toMatch(/canary|eyJ|OIDCToken=/)
    expect(await calls()).toEqual({ [`AssumeRoleWithOIDC ${remoteCode}`]: 1 })
  })

  it('a token that expires during the call, by the clock of STS', async () => {
    const slow = new ManualClock(clock.now() - 7_200_000)
    const token = source(() => tokenFor({ exp: inAnHour() - 5_400 }))
    expect(await failureOf(provider({ token, clock: slow }).credential({ signal }))).toMatchObject({
      code: 'Unauthenticated',
      message: expect.stringMatching(/the token has expired \(at 20\d\d-[^)]*Z\)/),
    })
  })

  it.each([
    ['throttle', 'Throttled'],
    ['http503', 'Unavailable'],
    ['garbage', 'InvalidResponse'],
    ['reset', 'Unavailable'],
  ])('STS responds with %s', async (fault, code) => {
    await control('POST', 'faults', { fault, match: { action: 'AssumeRoleWithOIDC' } })
    const failure = await failureOf(provider().credential({ signal }))
    expect(failure).toMatchObject({ code })
    expect(inspect(failure, { depth: 10, showHidden: true })).not.toMatch(/canary|eyJ/)
  })
})
