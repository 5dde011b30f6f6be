import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { directoryOfTests } from '@ack-secret-manager/test-support/directories'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Simulator, startSimulator } from './simulator.ts'
import { controlCall } from './testing/control-call.ts'
import { type FlippingProxy, startFlippingProxy } from './testing/flipping-proxy.ts'
import { OidcIssuer } from './testing/oidc-issuer.ts'
import type { SdkCall, SdkOutcome } from './testing/sdk-client.ts'
import { SdkProcess } from './testing/sdk-process.ts'
import { ADMIN, SEED } from './testing/seed.ts'

const ISSUER = 'https://kubernetes.default.svc'
const SUBJECT = 'system:serviceaccount:app:reader'
const PROVIDER = `acs:ram::${SEED.account}:oidc-provider/ack-rrsa-demo`
const ROLE = `acs:ram::${SEED.account}:role/reader`
const ROOT = { id: 'LTAI5tRoot', secret: 'root-secret', allow: [{ actions: ['*'], resources: ['*'] }] }

const issuer = new OidcIssuer()
const GENERIC: readonly SdkCall['sdk'][] = ['openapi-core', 'openapi-client']

let simulator: Simulator
let stsProxy: FlippingProxy
let oosProxy: FlippingProxy
let registryProxy: FlippingProxy
let instanceProxy: FlippingProxy
const directory = directoryOfTests()
let sdks: SdkProcess

beforeAll(async () => {
  simulator = await startSimulator({
    seed: {
      ...SEED,
      accessKeys: [...SEED.accessKeys, ROOT],
      roles: [
        {
          name: 'reader',
          trust: {
            accessKeys: [ROOT.id],
            oidc: { issuer: ISSUER, audience: 'sts.aliyuncs.com', subject: SUBJECT },
            externalId: 'shibboleth',
          },
          allow: [{ actions: ['kms:GetSecretValue'], resources: ['app/*'] }],
        },
      ],
      oidcProviders: [{ arn: PROVIDER, issuer: ISSUER, jwks: { keys: [issuer.jwk] } }],
      instances: [{ id: 'kst-demo' }],
      parameters: [{ name: 'app/token', value: 'demo' }],
      registries: [{ id: 'cri-demo' }],
    },
  })
  const caPem = simulator.caPem
  const instanceCaPem = await readFile(simulator.instanceRootCaFile ?? '', 'utf8')
  stsProxy = await startFlippingProxy({ url: simulator.sts ?? '', caPem }, true)
  oosProxy = await startFlippingProxy({ url: simulator.oos ?? '', caPem }, true)
  registryProxy = await startFlippingProxy({ url: simulator.registry ?? '', caPem }, true)
  instanceProxy = await startFlippingProxy({ url: simulator.instance ?? '', caPem: instanceCaPem }, true)
  const bundle = join(directory, 'bundle.pem')
  await writeFile(bundle, caPem + stsProxy.caPem + oosProxy.caPem + registryProxy.caPem)
  sdks = new SdkProcess(bundle)
})

afterAll(async () => {
  await sdks.close()
  await Promise.all([stsProxy.close(), oosProxy.close(), registryProxy.close(), instanceProxy.close()])
  await simulator.close()
})

const host = (url: string | undefined): string => new URL(url ?? '').host

/** The credential of a session reads the secrets of its role from KMS with the same SDKs. */
async function readAs(body: Record<string, unknown>): Promise<SdkOutcome> {
  return sdks.call({
    sdk: 'openapi-core',
    endpoint: host(simulator.kms),
    accessKeyId: String(body['accessKeyId']),
    accessKeySecret: String(body['accessKeySecret']),
    securityToken: String(body['securityToken']),
    action: 'GetSecretValue',
    query: { SecretName: 'app/db' },
  })
}

async function identities(): Promise<unknown> {
  const { body } = await controlCall(simulator.control, 'GET', '/calls?groupBy=action,identity&result=OK')
  await controlCall(simulator.control, 'DELETE', '/calls')
  return (body['calls'] as { action: string; identity: string }[]).map(({ action, identity }) => [action, identity])
}

function bodyOf(outcome: SdkOutcome): Record<string, unknown> {
  if ('error' in outcome) throw new Error(outcome.error.message)
  return outcome.body
}

describe('@alicloud/credentials, unmodified', () => {
  const assume = (extra: Record<string, string | number> = {}): Promise<SdkOutcome> =>
    sdks.call({
      sdk: 'credentials',
      config: {
        type: 'ram_role_arn',
        accessKeyId: ROOT.id,
        accessKeySecret: ROOT.secret,
        roleArn: ROLE,
        roleSessionName: 'me',
        externalId: 'shibboleth',
        stsEndpoint: host(simulator.sts),
        ...extra,
      },
    })

  const withToken = async (token: string): Promise<SdkOutcome> => {
    const oidcTokenFilePath = join(directory, 'token')
    await writeFile(oidcTokenFilePath, token)
    return sdks.call({
      sdk: 'credentials',
      config: {
        type: 'oidc_role_arn',
        roleArn: ROLE,
        oidcProviderArn: PROVIDER,
        oidcTokenFilePath,
        roleSessionName: 'me',
        stsEndpoint: host(simulator.sts),
      },
    })
  }

  const token = (): string => {
    const now = Math.floor(Date.now() / 1_000)
    return issuer.token({ iss: ISSUER, sub: SUBJECT, aud: 'sts.aliyuncs.com', iat: now, exp: now + 3_600 })
  }

  it('assumes a role', async () => {
    const body = bodyOf(await assume())
    expect(body).toMatchObject({ accessKeyId: expect.stringMatching(/^STS\./), type: 'ram_role_arn' })
    await controlCall(simulator.control, 'DELETE', '/calls')
    expect(await readAs(body)).toMatchObject({ body: { SecretName: 'app/db' } })
    expect(await identities()).toEqual([['GetSecretValue', `acs:ram::${SEED.account}:assumed-role/reader/me`]])
  })

  it('gets the reason of a denial', async () => {
    const code = async (extra: Record<string, string | number>): Promise<unknown> => {
      const outcome = await assume(extra)
      return 'error' in outcome ? outcome.error.message : undefined
    }
    expect(await code({ externalId: 'guess' })).toContain('NoPermission')
    expect(await code({ roleArn: `${ROLE}-2` })).toContain('EntityNotExist.Role')
    expect(await code({ roleSessionExpiration: 7_200 })).toContain('InvalidParameter.DurationSeconds')
  })

  it('is rejected when one byte of its signature is flipped', async () => {
    const outcome = await assume({ stsEndpoint: host(stsProxy.url) })
    // The SDK's text for the code SignatureDoesNotMatch.
    expect(outcome).toMatchObject({ error: { message: 'the access key secret is invalid' } })
    const { body } = await controlCall(simulator.control, 'GET', '/calls?result=SignatureDoesNotMatch')
    expect(body['calls']).toMatchObject([{ action: 'AssumeRole', secret: 'reader', identity: ROOT.id }])
  })

  it('assumes a role with the token of a cluster', async () => {
    const body = bodyOf(await withToken(token()))
    expect(await readAs(body)).toMatchObject({ body: { SecretName: 'app/db' } })
    const whole = token()
    const at = whole.length - 20
    const flipped = whole.slice(0, at) + (whole[at] === 'A' ? 'B' : 'A') + whole.slice(at + 1)
    expect(await withToken(flipped)).toMatchObject({
      error: { message: expect.stringContaining('AuthenticationFail.OIDCToken.Invalid') },
    })
  })

  it('does not trim a token file, so STS rejects the token: a defect of the SDK', async () => {
    expect(await withToken(`${token()}\n`)).toMatchObject({
      error: { message: expect.stringContaining('AuthenticationFail.OIDCToken.Invalid') },
    })
  })

  // oxlint-disable-next-line vitest/no-disabled-tests -- the name says why, and it shall be seen in every run
  it.skip('uses the role of a machine: the host of the metadata service is hard-coded (100.100.100.200:80)', () => {
    expect.unreachable()
  })
})

describe.each(GENERIC)('%s, unmodified', (sdk) => {
  const call = (
    url: string | undefined,
    action: string,
    query: Record<string, string>,
    extra: Partial<SdkCall> = {},
  ): Promise<SdkOutcome> =>
    sdks.call({ sdk, endpoint: host(url), accessKeyId: ROOT.id, accessKeySecret: ROOT.secret, action, query, ...extra })

  const STS = { version: '2015-04-01' }
  const OOS = { version: '2019-06-01' }
  const assumption = { RoleArn: ROLE, RoleSessionName: 'me', ExternalId: 'shibboleth' }

  it('assumes a role', async () => {
    const { Credentials } = bodyOf(await call(simulator.sts, 'AssumeRole', assumption, STS))
    const { AccessKeyId, AccessKeySecret, SecurityToken } = Credentials as Record<string, string>
    const session = { accessKeyId: AccessKeyId, accessKeySecret: AccessKeySecret, securityToken: SecurityToken }
    expect(await readAs(session)).toMatchObject({ body: { SecretName: 'app/db' } })
    expect(await call(stsProxy.url, 'AssumeRole', assumption, STS)).toMatchObject({
      error: { code: 'SignatureDoesNotMatch' },
    })
    expect(await call(simulator.sts, 'GetCallerIdentity', {}, STS)).toMatchObject({
      body: { Arn: `acs:ram::${SEED.account}:user/${ROOT.id}` },
    })
  })

  it('reads an encrypted parameter', async () => {
    const query = { Name: 'app/token', WithDecryption: 'true' }
    expect(await call(simulator.oos, 'GetSecretParameter', query, OOS)).toMatchObject({
      body: { Parameter: { Value: 'demo' } },
    })
    expect(await call(oosProxy.url, 'GetSecretParameter', query, OOS)).toMatchObject({
      error: { code: 'SignatureDoesNotMatch' },
    })
    expect(await call(simulator.oos, 'GetSecretParameter', { Name: 'none' }, OOS)).toMatchObject({
      error: { code: 'EntityNotExists.Parameter' },
    })
  })

  it('gets a token of Container Registry', async () => {
    const CR = { version: '2018-12-01' }
    const query = { InstanceId: 'cri-demo' }
    const nowMs = Date.now()
    const body = bodyOf(await call(simulator.registry, 'GetAuthorizationToken', query, CR))
    expect(body).toMatchObject({ IsSuccess: true, TempUsername: 'cr_temp_user', Code: 'success' })
    expect(body['AuthorizationToken']).toMatch(/./)
    expect(Number(body['ExpireTime'])).toBeGreaterThan(nowMs)
    expect(await call(registryProxy.url, 'GetAuthorizationToken', query, CR)).toMatchObject({
      error: { code: 'SignatureDoesNotMatch' },
    })
    // No SDK knows that status 200 may be a failure.
    expect(await call(simulator.registry, 'GetAuthorizationToken', { InstanceId: 'cri-none' }, CR)).toMatchObject({
      body: { IsSuccess: false },
    })
  })

  it('reads a secret at the instance, given intermediate and root', async () => {
    const query = { SecretName: 'app/db' }
    const files = [simulator.instanceCaFile ?? '', simulator.instanceRootCaFile ?? '']
    const [intermediate = '', root = ''] = await Promise.all(files.map((path) => readFile(path, 'utf8')))
    const read = (ca: string, url = simulator.instance): Promise<SdkOutcome> =>
      call(url, 'GetSecretValue', query, { ca })
    expect(await read(intermediate + root)).toMatchObject({ body: { SecretName: 'app/db' } })
    expect(await read(root)).toMatchObject({ body: { SecretName: 'app/db' } })
    expect(await read(instanceProxy.caPem, instanceProxy.url)).toMatchObject({
      error: { code: 'SignatureDoesNotMatch' },
    })
    // A defect of the SDK: the CAs that SDKs ship for the regions are intermediates, and it cannot be configured to trust one
    // (`allowPartialTrustChain` of Node's TLS).
    expect(await read(intermediate)).toMatchObject({
      error: { message: expect.stringContaining('unable to get issuer certificate') },
    })
  })
})

it('kms20160120 cannot read at the instance: it has no option for a CA, and NODE_EXTRA_CA_CERTS has only that of KMS', async () => {
  const outcome = await sdks.call({
    sdk: 'kms20160120',
    endpoint: host(simulator.instance),
    accessKeyId: ADMIN.id,
    accessKeySecret: ADMIN.secret,
    action: 'GetSecretValue',
    query: { SecretName: 'app/db' },
  })
  expect(outcome).toMatchObject({ error: { message: expect.stringContaining('certificate') } })
})
