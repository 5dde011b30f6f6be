import { Sensitive } from '@ack-secret-manager/core'
import { issueServerCertificate } from '@ack-secret-manager/kms-simulator'
import { describe, expect, it } from 'vitest'
import { json, startTestServer, type TestServer } from '@ack-secret-manager/test-support/test-server'
import { useFixture } from '@ack-secret-manager/test-support/use-fixture'
import { roleSession } from './role-session.ts'
import { defaultStsEndpoint, StsClient } from './sts-client.ts'

const signal = new AbortController().signal
const as = { accessKeyId: 'LTAI5tDemo', accessKeySecret: new Sensitive('canary-secret') }
const session = roleSession({ roleArn: 'acs:ram::1:role/r' })

const certificate = useFixture(() => issueServerCertificate(['127.0.0.1']))

async function setUp(status: number, body: unknown): Promise<{ server: TestServer; sts: StsClient }> {
  const server = await startTestServer(json(status, body), { key: certificate.keyPem, cert: certificate.chainPem })
  const sts = new StsClient({ region: 'cn-hangzhou', endpoint: server.endpoint, ca: certificate.rootPem })
  return { server, sts }
}

describe('StsClient', () => {
  it.each([
    ['cn-hangzhou', 'sts-vpc.cn-hangzhou.aliyuncs.com'],
    ['cn-hangzhou-finance', 'sts-vpc.cn-hangzhou.aliyuncs.com'],
    ['ap-southeast-1', 'sts-vpc.ap-southeast-1.aliyuncs.com'],
  ])('uses the VPC endpoint of STS in %s', async (region, endpoint) => {
    expect(defaultStsEndpoint(region)).toBe(endpoint)
    await using sts = new StsClient({ region })
    expect(sts.endpoint).toBe(endpoint)
  })

  it.each([
    ['cn-hangzhou', 'sts.cn-hangzhou.aliyuncs.com'],
    ['cn-hangzhou-finance', 'sts.cn-hangzhou.aliyuncs.com'],
  ])('has a public endpoint in %s', (region, endpoint) => expect(defaultStsEndpoint(region, 'public')).toBe(endpoint))

  it('rejects a malformed region', () =>
    expect(() => defaultStsEndpoint('cn-hangzhou.example')).toThrowError(
      expect.objectContaining({ code: 'InvalidSpec', facts: { field: 'region' } }),
    ))

  it('sends a signed AssumeRole request', async () => {
    const { server, sts } = await setUp(403, { Code: 'NoPermission' })
    await using _ = server
    await expect(sts.assumeRole({ as, session, externalId: 'x+y', signal })).rejects.toMatchObject({
      code: 'Unauthenticated',
    })
    await sts.close()
    const [seen] = server.seen
    expect(Object.fromEntries(new URL(seen?.url ?? '', 'https://x').searchParams)).toEqual({
      RoleArn: 'acs:ram::1:role/r',
      RoleSessionName: 'ack-secret-manager',
      DurationSeconds: '3600',
      ExternalId: 'x+y',
    })
    expect(seen?.headers).toMatchObject({
      'x-acs-action': 'AssumeRole',
      'x-acs-version': '2015-04-01',
      authorization: expect.stringMatching(/^ACS3-HMAC-SHA256 Credential=LTAI5tDemo,/),
    })
  })

  it('sends an OIDC token in the body of an unsigned request', async () => {
    const { server, sts } = await setUp(400, { Code: 'AuthenticationFail.OIDCToken.Expired' })
    await using _ = server
    const call = {
      oidcProviderArn: 'acs:ram::1:oidc-provider/p',
      token: new Sensitive('canary.oidc.token'),
      session,
      signal,
    }
    const errors = { 'AuthenticationFail.OIDCToken.Expired': { code: 'Unauthenticated', hint: 'it is old' } } as const
    await expect(sts.assumeRoleWithOidc({ ...call, errors })).rejects.toMatchObject({
      message: expect.stringMatching(/: it is old \(AuthenticationFail\.OIDCToken\.Expired, HTTP 400\)$/),
    })
    await sts.close()
    const [seen] = server.seen
    expect(seen?.url).not.toContain('canary')
    expect(seen?.headers.authorization).toBeUndefined()
    expect(Object.fromEntries(new URLSearchParams(seen?.body))).toEqual({
      RoleArn: 'acs:ram::1:role/r',
      RoleSessionName: 'ack-secret-manager',
      DurationSeconds: '3600',
      OIDCProviderArn: 'acs:ram::1:oidc-provider/p',
      OIDCToken: 'canary.oidc.token',
    })
  })

  it('names the endpoint whose response has no credential', async () => {
    const { server, sts } = await setUp(200, { Credentials: {} })
    await using _ = server
    await expect(sts.assumeRole({ as, session, signal })).rejects.toMatchObject({
      code: 'InvalidResponse',
      message: `assuming role acs:ram::1:role/r at ${sts.endpoint}: the response has no valid AccessKeyId: check the endpoint`,
    })
    await sts.close()
  })

  it('returns the identity behind a credential', async () => {
    const { server, sts } = await setUp(200, { AccountId: '1', Arn: 'acs:ram::1:user/tom', UserId: '2' })
    await using _ = server
    expect(await sts.callerIdentity(as, { signal })).toEqual({ arn: 'acs:ram::1:user/tom', account: '1' })
    await sts.close()
  })

  it.each([{}, { AccountId: '1', Arn: 'canary' }, { AccountId: 1, Arn: 'acs:ram::1:user/tom' }])(
    'refuses the identity %j',
    async (body) => {
      const { server, sts } = await setUp(200, body)
      await using _ = server
      await expect(sts.callerIdentity(as, { signal })).rejects.toMatchObject({
        code: 'InvalidResponse',
        message: `asking STS for the identity at ${sts.endpoint}: the response holds no ARN and account: check the endpoint`,
      })
      await sts.close()
    },
  )

  it.each([
    ['The Min/Max value of DurationSeconds is 15min/1hr.', 'the role allows at most 3600 s'],
    ['The Min/Max value of DurationSeconds is 15min/90min.', 'the role allows at most 5400 s'],
    ['The Min/Max value of DurationSeconds is 15min/12hr.', 'the role allows at most 43200 s'],
    ['canary', "it is above the role's maximum"],
  ])('reads the maximum of a role from %j', async (message, says) => {
    const { server, sts } = await setUp(400, { Code: 'InvalidParameter.DurationSeconds', Message: message })
    await using _ = server
    await expect(sts.assumeRole({ as, session, signal })).rejects.toMatchObject({
      code: 'Unauthenticated',
      message: expect.stringContaining(`durationSeconds: ${says}; reduce it, or raise`),
      facts: { field: 'durationSeconds' },
    })
    await sts.close()
  })
})
