import { inspect } from 'node:util'
import { StsClient } from '@ack-secret-manager/alicloud-openapi'
import {
  type Credential,
  type CredentialProvider,
  type CredentialRefresh,
  SecretSyncError,
  Sensitive,
} from '@ack-secret-manager/core'
import { ManualClock } from '@ack-secret-manager/core/testing'
import { accessKeyProvider } from '@ack-secret-manager/auth-access-key'
import { type Simulator, startSimulator } from '@ack-secret-manager/kms-simulator'
import { canary } from '@ack-secret-manager/test-support/canary'
import { callsByResult, simulatorControl } from '@ack-secret-manager/test-support/simulator-control'
import { failureOf, thrownBy } from '@ack-secret-manager/test-support/failure-of'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type AssumeRoleOptions, assumeRoleProvider } from './assume-role-provider.ts'

const ACCOUNT = '1234567890123456'
const REMOTE = '6543210987654321'
const roleArn = (name: string, account = ACCOUNT): string => `acs:ram::${account}:role/${name}`
const KEY = { id: 'LTAI5tDemo', secret: canary('access-key-secret') }
const POOR = { id: 'LTAI5tPoor', secret: canary('poor-secret') }
const signal = new AbortController().signal
const clock = new ManualClock(Date.now())

let simulator: Simulator
let stsEndpoint: string
const open: CredentialProvider[] = []

beforeAll(async () => {
  simulator = await startSimulator({
    clock,
    seed: {
      account: ACCOUNT,
      accessKeys: [
        { ...KEY, allow: [{ actions: ['sts:AssumeRole'], resources: ['*'] }] },
        { ...POOR, allow: [] },
      ],
      roles: [
        {
          name: 'reader',
          trust: { accessKeys: [KEY.id] },
          allow: [{ actions: ['sts:AssumeRole'], resources: [roleArn('remote', REMOTE)] }],
        },
        { name: 'long', trust: { accessKeys: [KEY.id] }, maxSessionSeconds: 7_200 },
        { name: 'partner', trust: { accessKeys: [KEY.id], externalId: canary('external-id') } },
        { name: 'closed', trust: {} },
        { name: 'remote', account: REMOTE, trust: { roles: [roleArn('reader')] } },
      ],
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

function accessKey({ id, secret }: { id: string; secret: string } = KEY): CredentialProvider {
  return accessKeyProvider({ accessKeyId: id, accessKeySecret: new Sensitive(secret) })
}

function provider(options: Partial<AssumeRoleOptions> = {}): CredentialProvider {
  const one = assumeRoleProvider({
    base: accessKey(),
    roleArn: roleArn('reader'),
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

/** The identity of a credential according to STS. */
async function arnOf(credential: Credential): Promise<string> {
  await using sts = new StsClient({ region: 'cn-hangzhou', endpoint: stsEndpoint, ca: simulator.caPem, clock })
  return (await sts.callerIdentity(credential, { signal })).arn
}

describe('assumeRoleProvider', () => {
  it('assumes the role', async () => {
    const credential = await provider({ sessionName: 'tests' }).credential({ signal })
    expect(await arnOf(credential)).toBe(`acs:ram::${ACCOUNT}:assumed-role/reader/tests`)
    expect(credential.expiresAtMs).toBeLessThanOrEqual(clock.now() + 3_600_000)
    expect(Object.isFrozen(credential)).toBe(true)
  })

  it('assumes a role of another account in a second hop', async () => {
    const remote = provider({ base: provider(), roleArn: roleArn('remote', REMOTE) })
    expect(await arnOf(await remote.credential({ signal }))).toBe(
      `acs:ram::${REMOTE}:assumed-role/remote/ack-secret-manager`,
    )
    expect(await calls()).toEqual({ 'AssumeRole OK': 2, 'GetCallerIdentity OK': 1 })
  })

  it('sends an external id and a longer duration', async () => {
    await provider({ roleArn: roleArn('partner'), externalId: canary('external-id') }).credential({ signal })
    const long = await provider({ roleArn: roleArn('long'), durationSeconds: 7_200 }).credential({ signal })
    expect(long.expiresAtMs).toBeGreaterThan(clock.now() + 7_100_000)
  })

  it('makes one call for 200 callers, and another when the session is refused', async () => {
    const refreshes: CredentialRefresh[] = []
    const one = provider({ onRefresh: (refresh) => refreshes.push(refresh) })
    const credentials = await Promise.all(Array.from({ length: 200 }, () => one.credential({ signal })))
    expect(new Set(credentials).size).toBe(1)
    expect(await calls()).toEqual({ 'AssumeRole OK': 1 })
    const [first] = credentials as [Credential]
    await control('DELETE', 'sessions')
    expect(await failureOf(arnOf(first))).toMatchObject({ code: 'Unauthenticated' })
    one.invalidate(first)
    expect(await arnOf(await one.credential({ signal }))).toContain('reader')
    expect(refreshes.map(({ provider: kind, result }) => `${kind} ${result}`)).toEqual([
      'assume-role ok',
      'assume-role ok',
    ])
  })

  it('replaces both sessions when both hops are refused', async () => {
    const refreshes: CredentialRefresh[] = []
    const onRefresh = (refresh: CredentialRefresh): void => void refreshes.push(refresh)
    const remote = provider({ base: provider({ onRefresh }), roleArn: roleArn('remote', REMOTE), onRefresh })
    const first = await remote.credential({ signal })
    await control('DELETE', 'sessions')
    await control('DELETE', 'calls')
    remote.invalidate(first)
    expect(await arnOf(await remote.credential({ signal }))).toContain(`${REMOTE}:assumed-role/remote/`)
    expect(refreshes.map(({ result }) => result)).toEqual(['ok', 'ok', 'ok', 'ok'])
    // A refusal with the old session of the first hop, then new sessions of both hops.
    expect(await calls()).toMatchObject({ 'AssumeRole OK': 2 })
    expect(Object.values(await calls()).reduce((sum, count) => sum + count, 0)).toBe(4)
  })

  it('invalidates the credential of the base when STS rejects it', async () => {
    const base = accessKey({ ...KEY, secret: 'canary-wrong' })
    const refused: Credential[] = []
    const watched = { ...base, invalidate: (credential: Credential) => void refused.push(credential) }
    const failure = await failureOf(provider({ base: watched }).credential({ signal }))
    expect(failure).toMatchObject({
      code: 'Unauthenticated',
      message: expect.stringContaining('the signature does not match: check the AccessKey secret'),
    })
    expect(refused).toHaveLength(1)
  })

  it('passes on the failure of its base, and names the role', async () => {
    const base: CredentialProvider = {
      ...accessKey(),
      credential: () => Promise.reject(new SecretSyncError('Unavailable', 'worker role: cannot be reached')),
    }
    expect(await failureOf(provider({ base }).credential({ signal }))).toMatchObject({
      code: 'Unavailable',
      message: `assuming role ${roleArn('reader')} at ${stsEndpoint}: worker role: cannot be reached`,
    })
    expect(await calls()).toEqual({})
  })

  it('uses the old session while STS is unavailable, and fails when it expires', async () => {
    const one = provider()
    const first = await one.credential({ signal })
    await control('POST', 'faults', { fault: 'http503', match: { action: 'AssumeRole' } })
    await clock.advance(3_500_000)
    expect(await one.credential({ signal })).toBe(first)
    await clock.advance(100_000)
    expect(await failureOf(one.credential({ signal }))).toMatchObject({
      code: 'Unavailable',
      facts: { httpStatus: 503, remoteCode: 'ServiceUnavailableTemporary' },
    })
    await control('DELETE', 'faults')
    await clock.advance(60_000)
    expect(await one.credential({ signal })).not.toBe(first)
  })

  it.each<[string, Partial<AssumeRoleOptions>, string]>([
    ['how long its sessions last', { durationSeconds: 1_800 }, 'different'],
    ['its base', { base: accessKey(POOR) }, 'different'],
    ['its role', { roleArn: roleArn('long') }, 'different'],
    ['its session name', { sessionName: 'other' }, 'different'],
    ['its external id', { externalId: 'x1' }, 'different'],
    ['its policy', { policy: '{}' }, 'different'],
    ['the endpoint of STS', { stsEndpoint: 'sts.cn-hangzhou.aliyuncs.com' }, 'different'],
  ])('has the same identity depending on %s', (_rule, options, expected) => {
    const same = provider(options).identity.fingerprint === provider().identity.fingerprint
    expect(same ? 'equal' : 'different').toBe(expected)
  })

  it('describes its identity', () => {
    expect(provider({ base: provider(), roleArn: roleArn('remote', REMOTE) }).identity).toMatchObject({
      kind: 'assume-role',
      description: `role ${roleArn('remote', REMOTE)} assumed by role ${roleArn('reader')} assumed by AccessKey LTAI5tDemo`,
      account: REMOTE,
      issuer: stsEndpoint,
    })
  })

  it('uses the VPC endpoint of STS in its region', async () => {
    const one = assumeRoleProvider({ base: accessKey(), roleArn: roleArn('reader'), region: 'cn-hangzhou-finance' })
    open.push(one)
    const gone = new AbortController()
    gone.abort()
    expect(await failureOf(one.credential({ signal: gone.signal }))).toMatchObject({ code: 'Cancelled' })
  })
})

describe('assumeRoleProvider, bad input', () => {
  it.each<[string, Partial<AssumeRoleOptions>, string, RegExp]>([
    ['a malformed role', { roleArn: 'reader' }, 'roleArn', /expected the ARN of a RAM role/],
    ['a user', { roleArn: 'acs:ram::1:user/tom' }, 'roleArn', /expected the ARN of a RAM role/],
    ['a session name with blanks', { sessionName: 'a b' }, 'sessionName', /2 to 64 letters/],
    ['a session that is too short', { durationSeconds: 899 }, 'durationSeconds', /from 900 to 43200, got 899/],
    ['a session that is too long', { durationSeconds: 43_201 }, 'durationSeconds', /from 900 to 43200, got 43201/],
    ['an external id that is too short', { externalId: 'x' }, 'externalId', /2 to 1224/],
    ['a policy that is not JSON', { policy: 'canary' }, 'policy', /a RAM policy as a JSON object/],
    ['an endpoint with a path', { stsEndpoint: 'sts.example/x' }, 'stsEndpoint', /expected HOST or HOST:PORT/],
    ['an invalid CA', { ca: 'canary' }, 'ca', /expected PEM certificates/],
  ])('%s is rejected immediately', (_rule, options, field, message) => {
    const error = thrownBy(() => provider(options))
    expect(error).toMatchObject({ code: 'InvalidSpec', message: expect.stringMatching(message), facts: { field } })
    expect(inspect(error, { depth: 10 })).not.toContain('canary')
  })

  it.each<[string, Partial<AssumeRoleOptions>, RegExp, object, string?]>([
    [
      'a role that does not exist',
      { roleArn: roleArn('missing') },
      /there is no such role: check account and name \(EntityNotExist\.Role, HTTP 404/,
      { field: 'roleArn' },
    ],
    [
      'a role that does not trust the base',
      { roleArn: roleArn('closed') },
      /must allow sts:AssumeRole on the role, and the trust policy of the role must name that identity/,
      { remoteCode: 'NoPermission' },
    ],
    [
      'a base without permission',
      { base: accessKey(POOR) },
      /must allow sts:AssumeRole on the role.*; sts:AssumeRole is missing/,
      { httpStatus: 403 },
    ],
    [
      'the wrong external id',
      { roleArn: roleArn('partner'), externalId: 'canary-other' },
      /and its external id, if the role requires one/,
      {},
    ],
    [
      'more than the default maximum of a role',
      { durationSeconds: 7_200 },
      /durationSeconds: the role allows at most 3600 s; reduce it/,
      { field: 'durationSeconds', remoteCode: 'InvalidParameter.DurationSeconds' },
    ],
    [
      "more than a role's own maximum",
      { roleArn: roleArn('long'), durationSeconds: 43_200 },
      /durationSeconds: the role allows at most 7200 s/,
      { field: 'durationSeconds' },
    ],
    [
      'an AccessKey that STS does not know',
      { base: accessKey({ id: 'LTAI5tGone', secret: 'canary-gone' }) },
      /the AccessKey is not known/,
      { remoteCode: 'InvalidAccessKeyId.NotFound' },
    ],
    [
      'another CA than that of STS',
      { ca: undefined as never },
      /its certificate is not trusted: provide its CA/,
      {},
      'Unavailable',
    ],
    ['an STS endpoint without a listener', { stsEndpoint: '127.0.0.1:1' }, /nothing listens there/, {}, 'Unavailable'],
    ['a host that does not exist', { stsEndpoint: 'sts.invalid' }, /its name does not resolve/, {}, 'Unavailable'],
  ])('%s', async (_rule, options, message, facts, code = 'Unauthenticated') => {
    const failure = await failureOf(provider(options).credential({ signal }))
    expect(failure).toMatchObject({ code, message: expect.stringMatching(message), facts })
    expect(failure.message).toContain(`assuming role ${options.roleArn ?? roleArn('reader')} at `)
    expect(inspect(failure, { depth: 10, showHidden: true })).not.toMatch(
      /canary|Signature=|SignedHeaders|SecurityToken/,
    )
    expect(Object.keys(await calls()).filter((line) => line.endsWith(' OK'))).toEqual([])
  })

  it('a clock that is one hour slow', async () => {
    const slow = new ManualClock(clock.now() - 3_600_000)
    expect(await failureOf(provider({ clock: slow }).credential({ signal }))).toMatchObject({
      code: 'Unauthenticated',
      message: expect.stringContaining("the request's timestamp is rejected: check this machine's clock"),
      facts: { remoteCode: 'InvalidTimeStamp.Expired' },
    })
  })

  it('throttling is reported with the pause', async () => {
    await control('POST', 'faults', { fault: 'throttle', ms: 3_000, match: { action: 'AssumeRole' } })
    expect(await failureOf(provider().credential({ signal }))).toMatchObject({
      code: 'Throttled',
      facts: { retryAfterMs: 3_000 },
    })
  })

  it.each([
    ['garbage', 'InvalidResponse'],
    ['reset', 'Unavailable'],
  ])('STS responds with %s', async (fault, code) => {
    await control('POST', 'faults', { fault, match: { action: 'AssumeRole' } })
    const failure = await failureOf(provider().credential({ signal }))
    expect(failure).toMatchObject({ code })
    expect(inspect(failure, { depth: 10, showHidden: true })).not.toContain('canary')
  })
})
