import type { CredentialProvider } from '@ack-secret-manager/core'
import sdk from '@alicloud/credentials'
import { canary } from '@ack-secret-manager/test-support/canary'
import { describe, expect, it, vi } from 'vitest'
import { defaultChain } from './default-chain.ts'
import { sdkCredentialProvider } from './sdk-credential-provider.ts'
import type { ResolvedIdentity } from './resolved-identity.ts'
import { ADMIN, answer, OIDC_PROVIDER, roleArn, redactedFailure, useCloud } from './testing/cloud.ts'

/** Node imports the exports of the SDK as its default, loaders with interop import the class. */
const SdkCredentialClass: typeof sdk.default = 'default' in sdk ? sdk.default : sdk

const KEY = { access_key_id: ADMIN.id, access_key_secret: ADMIN.secret }
const SECRET = canary('chain-value')
const NO_METADATA = { ALIBABA_CLOUD_ECS_METADATA_DISABLED: 'true' }
const signal = AbortSignal.timeout(60_000)
const { cloud, opened } = useCloud()

/** The chain of a process with these variables. */
async function resolve(variables: Readonly<Record<string, string>> = {}): Promise<ResolvedIdentity> {
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value)
  const resolved = await defaultChain({ signal })
  opened.push(resolved.provider)
  return resolved
}

/** The identity of a provider, which must be that of the SDK's own default chain. */
async function whoIs(provider: CredentialProvider): Promise<string> {
  const official = sdkCredentialProvider(new SdkCredentialClass())
  try {
    const [own, theirs] = [await cloud.whoIs(provider), await cloud.whoIs(official)]
    // The SDK names sessions of its own after the time.
    const withoutSession = (arn: string): string => arn.replace(/^(assumed-role\/[^/]+)\/.*/, '$1')
    expect(withoutSession(own)).toBe(withoutSession(theirs))
    return own
  } finally {
    await official.close()
  }
}

const failureOf = (work: Promise<unknown>): Promise<Error> => redactedFailure(work, SECRET)

const ENVIRONMENT = { ALIBABA_CLOUD_ACCESS_KEY_ID: ADMIN.id, ALIBABA_CLOUD_ACCESS_KEY_SECRET: ADMIN.secret }

const oidc = async (): Promise<Record<string, string>> => ({
  ALIBABA_CLOUD_ROLE_ARN: roleArn('pod'),
  ALIBABA_CLOUD_OIDC_PROVIDER_ARN: OIDC_PROVIDER,
  ALIBABA_CLOUD_OIDC_TOKEN_FILE: await cloud.file('token', cloud.cluster.token(SECRET)),
})

const shared = (section = 'default'): Promise<string> =>
  cloud.file(
    '.alibabacloud/credentials',
    `[${section}]\ntype = access_key\naccess_key_id = ${ADMIN.id}\naccess_key_secret = ${ADMIN.secret}\n`,
  )

describe('defaultChain', () => {
  it('uses the AccessKey of the environment', async () => {
    await shared()
    const { provider, source } = await resolve({ ...ENVIRONMENT, ...(await oidc()) })
    expect(provider.identity.description).toBe(`environment (AccessKey ${ADMIN.id})`)
    expect([await whoIs(provider), source]).toEqual([`user/${ADMIN.id}`, 'environment'])
  })

  it('uses the session of the environment', async () => {
    const { AccessKeyId, AccessKeySecret, SecurityToken } = await cloud.session()
    const { provider } = await resolve({
      ALIBABA_CLOUD_ACCESS_KEY_ID: AccessKeyId,
      ALIBABA_CLOUD_ACCESS_KEY_SECRET: AccessKeySecret,
      ALIBABA_CLOUD_SECURITY_TOKEN: SecurityToken,
    })
    expect(await whoIs(provider)).toContain('assumed-role/known/')
  })

  it('uses the OIDC token of the environment, before profiles', async () => {
    await cloud.cliConfig([{ name: 'default', mode: 'AK', ...KEY }], 'default')
    const { provider, source, skipped } = await resolve(await oidc())
    expect([await whoIs(provider), source]).toEqual(['assumed-role/pod/ack-secret-manager', 'oidc'])
    expect(skipped).toEqual([{ source: 'environment', why: 'ALIBABA_CLOUD_ACCESS_KEY_ID is not set' }])
  })

  it('uses the current profile of the aliyun CLI, with its region', async () => {
    await shared()
    await cloud.cliConfig(
      [
        { name: 'a', mode: 'AK' },
        { name: 'b', mode: 'AK', region_id: 'cn-beijing', ...KEY },
      ],
      'b',
    )
    const { provider, source, region } = await resolve()
    expect(provider.identity.description).toBe(`profile b of ~/.aliyun/config.json (AccessKey ${ADMIN.id})`)
    expect([await whoIs(provider), source, region]).toEqual([`user/${ADMIN.id}`, 'cli-profile', 'cn-beijing'])
  })

  it('uses the profile that the environment names', async () => {
    await cloud.cliConfig(
      [
        { name: 'a', mode: 'EcsRamRole' },
        { name: 'b', mode: 'AK', ...KEY },
      ],
      'a',
    )
    expect(await whoIs((await resolve({ ALIBABA_CLOUD_PROFILE: 'b' })).provider)).toBe(`user/${ADMIN.id}`)
  })

  it('uses the shared credentials file, past an empty profile of the aliyun CLI', async () => {
    await cloud.cliConfig([{ name: 'default', mode: 'AK', access_key_id: '', access_key_secret: '' }], 'default')
    await shared()
    const { provider, source, skipped } = await resolve()
    expect([await whoIs(provider), source]).toEqual([`user/${ADMIN.id}`, 'credentials-file'])
    expect(skipped.at(-1)).toEqual({ source: 'cli-profile', why: 'profile default of ~/.aliyun/config.json is empty' })
  })

  it('uses the role of the ECS instance', async () => {
    const { provider, source } = await resolve()
    expect([await whoIs(provider), source]).toEqual([expect.stringContaining('assumed-role/node/'), 'ecs-role'])
  })

  it('uses the role that the environment names', async () => {
    const { provider } = await resolve({ ALIBABA_CLOUD_ECS_METADATA: 'node' })
    expect(provider.identity.description).toBe('metadata service (ECS RAM role node)')
    expect(await whoIs(provider)).toContain('assumed-role/node/')
  })

  it('uses the credentials URI', async () => {
    const uri = await cloud.serve(async (_request, response) => answer(response, 200, await cloud.session()))
    const found = await resolve({ ...NO_METADATA, ALIBABA_CLOUD_CREDENTIALS_URI: `${uri}/?t=${SECRET}` })
    const { provider } = found
    expect(found).toMatchObject({ source: 'credentials-uri', isFromUri: true })
    expect(await whoIs(provider)).toContain('assumed-role/known/')
    expect(provider.identity.description).toBe(`environment (credentials URI at ${uri})`)
  })

  it('ends with a configured source that fails, instead of another identity', async () => {
    const broken = { ...(await oidc()), ALIBABA_CLOUD_OIDC_TOKEN_FILE: '/nonexistent/token' }
    await shared()
    const { provider } = await resolve(broken)
    expect(await failureOf(provider.credential({ signal }))).toMatchObject({
      code: 'Unauthenticated',
      message: expect.stringContaining('/nonexistent/token cannot be read (ENOENT)'),
    })
  })

  it('says of a token file that ends with a newline what is wrong', async () => {
    const variables = await oidc()
    await cloud.file('token', `${cloud.cluster.token(SECRET)}\n`)
    const { provider } = await resolve(variables)
    expect(await failureOf(provider.credential({ signal }))).toMatchObject({
      code: 'Unauthenticated',
      message: expect.stringContaining('without a final newline'),
    })
  })

  it.each<[rule: string, variables: Record<string, string>, message: RegExp]>([
    ['an id without a secret', { ALIBABA_CLOUD_ACCESS_KEY_ID: ADMIN.id }, /ALIBABA_CLOUD_ACCESS_KEY_SECRET is not/],
    ['a named profile that does not exist', { ALIBABA_CLOUD_PROFILE: 'gone' }, /there is no profile gone in/],
    [
      'a named file that does not exist',
      { ALIBABA_CLOUD_CREDENTIALS_FILE: '/nonexistent/c' },
      /\/nonexistent\/c does not exist/,
    ],
    [
      'a role that is none',
      { ALIBABA_CLOUD_ROLE_ARN: 'x', ALIBABA_CLOUD_OIDC_PROVIDER_ARN: 'x', ALIBABA_CLOUD_OIDC_TOKEN_FILE: 'x' },
      /ALIBABA_CLOUD_ROLE_ARN: expected the ARN/,
    ],
    ['a URI that is none', { ...NO_METADATA, ALIBABA_CLOUD_CREDENTIALS_URI: SECRET }, /expected an http or https URL/],
  ])('refuses %s', async (_rule, variables, message) => {
    expect(await failureOf(resolve(variables))).toMatchObject({
      code: 'InvalidSpec',
      message: expect.stringMatching(message),
    })
  })

  it('names the sources that it has tried if none is configured', async () => {
    expect(await failureOf(resolve(NO_METADATA))).toMatchObject({
      code: 'Unauthenticated',
      message: expect.stringMatching(
        /^no Alibaba Cloud identity is configured: run `aliyun configure`, or set .{0,80} \(tried: environment, OIDC, .{0,90}, credentials URI\)$/,
      ),
    })
  })

  it('ends with a named role that the instance does not have', async () => {
    const variables = { ALIBABA_CLOUD_ECS_METADATA: 'other', ALIBABA_CLOUD_CREDENTIALS_URI: 'http://127.0.0.1:1' }
    expect(await failureOf(resolve(variables))).toMatchObject({ code: 'Unauthenticated' })
  })

  it('does not look for profiles of the aliyun CLI if that is switched off', async () => {
    await cloud.cliConfig([{ name: 'default', mode: 'AK', ...KEY }], 'default')
    const { source } = await resolve({ ALIBABA_CLOUD_CLI_PROFILE_DISABLED: 'true' })
    expect(source).toBe('ecs-role')
  })

  it('reads nothing at import', async () => {
    const { execFileSync } = await import('node:child_process')
    const script = `
      const read = []
      process.env = new Proxy(process.env, { get: (env, name) => (String(name).startsWith('ALIBABA') && read.push(name), env[name]) })
      await import('@ack-secret-manager/auth-sdk')
      const loaded = process.moduleLoadList.length, cache = (await import('node:module')).default._cache
      console.log(JSON.stringify({ read, sdk: Object.keys(cache).filter((file) => file.includes('@alicloud')) }))`
    const args = ['--conditions=@ack-secret-manager/source', '--input-type=module', '--eval', script]
    const cwd = new URL('..', import.meta.url)
    expect(JSON.parse(execFileSync(process.execPath, args, { cwd, encoding: 'utf8' }))).toEqual({ read: [], sdk: [] })
  })
})
