import { chmod, mkdir } from 'node:fs/promises'
import path from 'node:path'
import { canary } from '@ack-secret-manager/test-support/canary'
import { describe, expect, it, vi } from 'vitest'
import { profile } from './profile.ts'
import { ADMIN, answer, bodyOf, OIDC_PROVIDER, roleArn, redactedFailure, useCloud } from './testing/cloud.ts'

const KEY = { access_key_id: ADMIN.id, access_key_secret: ADMIN.secret }
const SECRET = canary('profile-value')
const { cloud, opened } = useCloud()

async function resolve(name: string) {
  const resolved = await profile(name, { stsEndpoint: cloud.sts })
  opened.push(resolved.provider)
  return resolved
}

const failureOf = (work: Promise<unknown>): Promise<Error> => redactedFailure(work, SECRET)

describe('profiles of the aliyun CLI', () => {
  const modes: readonly [mode: string, fields: object, identity: string, description: string][] = [
    ['AK', KEY, `user/${ADMIN.id}`, `AccessKey ${ADMIN.id}`],
    ['ak', KEY, `user/${ADMIN.id}`, `AccessKey ${ADMIN.id}`],
    [
      'RamRoleArn',
      { ...KEY, ram_role_arn: roleArn('known'), ram_session_name: 'tom' },
      'assumed-role/known/tom',
      `role ${roleArn('known')} assumed by AccessKey ${ADMIN.id}`,
    ],
    [
      'RamRoleArn',
      { ...KEY, ram_role_arn: roleArn('guarded'), external_id: 'shibboleth', expired_seconds: 900 },
      'assumed-role/guarded/ack-secret-manager',
      `role ${roleArn('guarded')} assumed by AccessKey ${ADMIN.id}`,
    ],
    [
      'ChainableRamRoleArn',
      { source_profile: 'base', ram_role_arn: roleArn('known'), ram_session_name: 'tom' },
      'assumed-role/known/tom',
      `role ${roleArn('known')} assumed by AccessKey ${ADMIN.id}`,
    ],
    ['EcsRamRole', { ram_role_name: 'node' }, 'assumed-role/node/', 'ECS RAM role node'],
    ['EcsRamRole', {}, 'assumed-role/node/', 'RAM role of this ECS instance'],
    [
      'RamRoleArnWithRoleName',
      { ram_role_name: 'node', ram_role_arn: roleArn('known') },
      'assumed-role/known/ack-secret-manager',
      `role ${roleArn('known')} assumed by ECS RAM role node`,
    ],
  ]
  it.each(modes)('mode %s is used', async (mode, fields, identity, description) => {
    const base = { name: 'base', mode: 'AK', ...KEY }
    await cloud.cliConfig([base, { name: 'prod', mode, region_id: 'cn-shanghai', ...fields }], 'base')
    const { provider, region, source } = await resolve('prod')
    expect(provider.identity.description).toBe(`profile prod of ~/.aliyun/config.json (${description})`)
    expect(await cloud.whoIs(provider)).toContain(identity)
    expect([region, source]).toEqual(['cn-shanghai', 'cli-profile'])
  })

  it('mode StsToken is used', async () => {
    const { AccessKeyId, AccessKeySecret, SecurityToken } = await cloud.session()
    const fields = { access_key_id: AccessKeyId, access_key_secret: AccessKeySecret, sts_token: SecurityToken }
    await cloud.cliConfig([{ name: 'prod', mode: 'StsToken', ...fields }])
    expect(await cloud.whoIs((await resolve('prod')).provider)).toContain('assumed-role/known/')
  })

  it('mode OIDC is used', async () => {
    const oidc_token_file = await cloud.file('token', cloud.cluster.token(SECRET))
    const fields = { oidc_token_file, oidc_provider_arn: OIDC_PROVIDER, ram_role_arn: roleArn('pod') }
    await cloud.cliConfig([{ name: 'prod', mode: 'OIDC', ...fields }])
    const { provider } = await resolve('prod')
    expect(await cloud.whoIs(provider)).toContain('assumed-role/pod/')
    expect(provider.identity).toMatchObject({ account: '1234567890123456' })
  })

  it('mode CredentialsURI is used, and its path does not show', async () => {
    const uri = await cloud.serve(async (_request, response) => answer(response, 200, await cloud.session()))
    await cloud.cliConfig([{ name: 'prod', mode: 'CredentialsURI', credentials_uri: `${uri}/${SECRET}?key=${SECRET}` }])
    const { provider, isFromUri } = await resolve('prod')
    expect(isFromUri).toBe(true)
    expect(await cloud.whoIs(provider)).toContain('assumed-role/known/')
    expect(provider.identity.description).toBe(`profile prod of ~/.aliyun/config.json (credentials URI at ${uri})`)
  })

  it('mode External is used, and its session is replaced after it was refused', async () => {
    const uri = await cloud.serve(async (_request, response) => {
      const { AccessKeyId, AccessKeySecret, SecurityToken, Expiration } = await cloud.session()
      answer(response, 200, {
        mode: 'StsToken',
        access_key_id: AccessKeyId,
        access_key_secret: AccessKeySecret,
        sts_token: SecurityToken,
        expiration: Expiration,
      })
    })
    const script = await cloud.file('login.mjs', `process.stdout.write(await (await fetch('${uri}')).text())`)
    await cloud.cliConfig([{ name: 'prod', mode: 'External', process_command: `"${process.execPath}" "${script}"` }])
    const { provider } = await resolve('prod')
    expect(await cloud.whoIs(provider)).toContain('assumed-role/known/')
    const first = await provider.credential({ signal: AbortSignal.timeout(120_000) })
    expect(first.expiresAtMs).toBeGreaterThan(Date.now() + 3_000_000)
    provider.invalidate(first)
    const second = await provider.credential({ signal: AbortSignal.timeout(120_000) })
    expect(second.accessKeyId).not.toBe(first.accessKeyId)
  })

  it('mode CloudSSO is used by the session that the aliyun CLI has left', async () => {
    const { AccessKeyId, AccessKeySecret, SecurityToken, Expiration } = await cloud.session()
    const sts_expiration = Date.parse(Expiration) / 1_000
    const session = { access_key_id: AccessKeyId, access_key_secret: AccessKeySecret, sts_token: SecurityToken }
    await cloud.cliConfig([{ name: 'prod', mode: 'CloudSSO', access_token: SECRET, ...session, sts_expiration }])
    const { provider } = await resolve('prod')
    expect(await cloud.whoIs(provider)).toContain('assumed-role/known/')
    const { expiresAtMs } = await provider.credential({ signal: AbortSignal.timeout(120_000) })
    expect(expiresAtMs).toBe(sts_expiration * 1_000)
  })

  it('mode OAuth is used, and the renewed refresh token is kept in the file', async () => {
    await cloud.serveAs('oauth.aliyun.com', async (request, response) => {
      await bodyOf(request)
      if (request.url === '/v1/token') return answer(response, 200, { access_token: SECRET, refresh_token: 'renewed' })
      const { AccessKeyId, AccessKeySecret, SecurityToken, Expiration } = await cloud.session()
      answer(response, 200, {
        accessKeyId: AccessKeyId,
        accessKeySecret: AccessKeySecret,
        securityToken: SecurityToken,
        expiration: Expiration,
      })
    })
    const file = await cloud.cliConfig([
      { name: 'prod', mode: 'OAuth', oauth_site_type: 'CN', oauth_refresh_token: SECRET },
    ])
    const { provider } = await resolve('prod')
    expect(await cloud.whoIs(provider)).toContain('assumed-role/known/')
    const { readFile } = await import('node:fs/promises')
    expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({ profiles: [{ oauth_refresh_token: 'renewed' }] })
  })

  it.each<[rule: string, profiles: object[], message: RegExp]>([
    [
      'a mode of the CLI that is not supported',
      [{ mode: 'RsaKeyPair' }],
      /mode RsaKeyPair is not supported \(AK, StsToken,/,
    ],
    ['anonymous access', [{ mode: 'Anonymous' }], /mode Anonymous is not supported/],
    ['an unknown mode', [{ mode: SECRET.slice(0, 3) }], /is not supported/],
    ['no mode', [{}], /has no mode: run `aliyun configure --profile prod`/],
    [
      'an empty secret, for which the SDK would take one of the environment',
      [{ mode: 'AK', access_key_id: 'LTAI5tX' }],
      /access_key_secret is empty/,
    ],
    ['a role that is none', [{ mode: 'RamRoleArn', ...KEY, ram_role_arn: SECRET }], /ram_role_arn is malformed/],
    [
      'an endpoint that is none',
      [{ mode: 'RamRoleArn', ...KEY, ram_role_arn: roleArn('known'), sts_endpoint: `http://${SECRET}` }],
      /sts_endpoint is malformed/,
    ],
    ['a region that is none', [{ mode: 'AK', ...KEY, region_id: `${SECRET} ` }], /region_id is malformed/],
    [
      'a session of five minutes',
      [{ mode: 'RamRoleArn', ...KEY, ram_role_arn: roleArn('known'), expired_seconds: 300 }],
      /expired_seconds: expected 900 or more/,
    ],
    [
      'a source that does not exist',
      [{ mode: 'ChainableRamRoleArn', source_profile: 'gone', ram_role_arn: roleArn('known') }],
      /source_profile gone does not exist/,
    ],
    [
      'sources in a circle',
      [
        { mode: 'ChainableRamRoleArn', source_profile: 'b', ram_role_arn: roleArn('known') },
        { name: 'b', mode: 'ChainableRamRoleArn', source_profile: 'prod', ram_role_arn: roleArn('known') },
      ],
      /goes in a circle: prod → b → prod/,
    ],
    [
      'a field of the wrong type',
      [{ mode: 'AK', access_key_secret: [SECRET] }],
      /profiles\.0\.access_key_secret has the wrong type/,
    ],
  ])('refuses %s, without a value', async (_rule, profiles, message) => {
    vi.stubEnv('ALIBABA_CLOUD_ACCESS_KEY_SECRET', SECRET)
    await cloud.cliConfig(profiles.map((fields) => ({ name: 'prod', ...fields })))
    const error = await failureOf(resolve('prod'))
    expect(error).toMatchObject({ code: 'InvalidSpec', message: expect.stringMatching(message) })
    expect(error.message).toMatch(/~\/\.aliyun\/config\.json/)
  })

  it('refuses a file that is not JSON, without its text', async () => {
    await cloud.file('.aliyun/config.json', `{"profiles": [${SECRET}`)
    expect(await failureOf(resolve('prod'))).toMatchObject({ message: '~/.aliyun/config.json: is not JSON' })
  })

  it('refuses a file that it cannot read', async () => {
    await mkdir(path.join(cloud.home, '.aliyun/config.json'), { recursive: true })
    expect(await failureOf(resolve('prod'))).toMatchObject({
      code: 'InvalidSpec',
      message: expect.stringMatching(/~\/\.aliyun\/config\.json: (is not a file|cannot be read)/),
    })
    await chmod(path.join(cloud.home, '.aliyun'), 0o755)
  })

  it('names the profiles that there are', async () => {
    await cloud.cliConfig([{ name: 'dev', mode: 'AK', ...KEY }])
    await cloud.file('.alibabacloud/credentials', '[ci]\ntype = access_key\n')
    expect(await failureOf(resolve('prod'))).toMatchObject({
      message:
        'there is no profile prod in ~/.aliyun/config.json (profiles: dev) or in ~/.alibabacloud/credentials (profiles: ci)',
    })
  })
})

describe('profiles of the shared credentials file', () => {
  const key = `access_key_id = ${ADMIN.id}\naccess_key_secret = ${ADMIN.secret}\n`

  it.each([
    ['access_key', key, `user/${ADMIN.id}`],
    ['ram_role_arn', `${key}role_arn = ${roleArn('known')}\nrole_session_name = tom\n`, 'assumed-role/known/tom'],
    ['ecs_ram_role', 'role_name = node\n', 'assumed-role/node/'],
  ])('type %s is used', async (type, fields, identity) => {
    await cloud.file('.alibabacloud/credentials', `[prod]\nenable = true\ntype = ${type}\n${fields}`)
    const { provider, source } = await resolve('prod')
    expect(provider.identity.description).toMatch(/^profile prod of ~\/\.alibabacloud\/credentials \(/)
    expect(await cloud.whoIs(provider)).toContain(identity)
    expect(source).toBe('credentials-file')
  })

  it('is at the path that the environment names', async () => {
    vi.stubEnv('ALIBABA_CLOUD_CREDENTIALS_FILE', await cloud.file('other', `[prod]\ntype = access_key\n${key}`))
    expect(await cloud.whoIs((await resolve('prod')).provider)).toBe(`user/${ADMIN.id}`)
  })

  it.each([
    ['no type', '', /has no type/],
    ['another type', 'type = rsa_key_pair\n', /type rsa_key_pair is not supported/],
    ['no secret', 'type = access_key\naccess_key_id = LTAI5tX\n', /access_key_secret is empty/],
    ['a role that is none', `type = ram_role_arn\n${key}role_arn = ${SECRET}\n`, /role_arn is malformed/],
  ])('refuses %s, without a value', async (_rule, fields, message) => {
    await cloud.file('.alibabacloud/credentials', `[prod]\n${fields}other = ${SECRET}\n`)
    expect(await failureOf(resolve('prod'))).toMatchObject({
      code: 'InvalidSpec',
      message: expect.stringMatching(message),
    })
  })
})

describe('failures of services', () => {
  const role = { mode: 'RamRoleArn', ...KEY }
  const signal = AbortSignal.timeout(60_000)

  it.each<[rule: string, fields: object, code: string, message: RegExp]>([
    [
      'a role that refuses',
      { ...role, ram_role_arn: roleArn('refused') },
      'Unauthenticated',
      /trust policy of the role must name/,
    ],
    [
      'a role that does not exist',
      { ...role, ram_role_arn: roleArn('gone') },
      'Unauthenticated',
      /there is no such role/,
    ],
    [
      'a wrong secret',
      { ...role, access_key_secret: SECRET, ram_role_arn: roleArn('known') },
      'Unauthenticated',
      /check the AccessKey secret/,
    ],
    [
      'an unknown key',
      { ...role, access_key_id: 'LTAI5tGone', access_key_secret: SECRET, ram_role_arn: roleArn('known') },
      'Unauthenticated',
      /the AccessKey is not known/,
    ],
    [
      'an STS that is not there',
      { ...role, ram_role_arn: roleArn('known'), sts_endpoint: '127.0.0.1:1' },
      'Unavailable',
      /ECONNREFUSED/,
    ],
    [
      'a token file that is not there',
      {
        mode: 'OIDC',
        oidc_token_file: '/nonexistent/token',
        oidc_provider_arn: OIDC_PROVIDER,
        ram_role_arn: roleArn('pod'),
      },
      'Unauthenticated',
      /\/nonexistent\/token cannot be read \(ENOENT\)/,
    ],
    [
      'a command that fails',
      { mode: 'External', process_command: `sh -c "echo ${SECRET}; exit 3"` },
      'Unauthenticated',
      /its process_command fails \(exit code 3\): run it by hand$/,
    ],
    [
      'a command that prints something else',
      { mode: 'External', process_command: `echo ${SECRET}` },
      'InvalidResponse',
      /does not print a credential/,
    ],
    [
      'a login that has expired',
      { mode: 'CloudSSO', access_key_id: 'STS.x', access_key_secret: SECRET, sts_token: SECRET, sts_expiration: 1 },
      'Unauthenticated',
      /its session has expired/,
    ],
    [
      'an ECS role that the instance does not have',
      { mode: 'EcsRamRole', ram_role_name: 'other' },
      'Unauthenticated',
      /HTTP 404/,
    ],
  ])('%s', async (_rule, fields, code, message) => {
    await cloud.cliConfig([{ name: 'prod', ...fields }])
    const { provider } = await resolve('prod')
    const error = await failureOf(provider.credential({ signal }))
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) })
    expect(error.message).toMatch(/^profile prod of ~\/\.aliyun\/config\.json \(/)
  })

  it.each<[rule: string, status: number, body: string, code: string]>([
    ['an error with a body', 500, SECRET, 'Unavailable'],
    ['throttling', 429, SECRET, 'Throttled'],
    ['a page', 200, `<html>${SECRET}</html>`, 'InvalidResponse'],
    ['half a credential', 200, JSON.stringify({ AccessKeyId: 'STS.x', AccessKeySecret: SECRET }), 'InvalidResponse'],
    [
      'no end',
      200,
      JSON.stringify({ AccessKeyId: 'STS.x', AccessKeySecret: SECRET, SecurityToken: SECRET }),
      'InvalidResponse',
    ],
    [
      'an end in the past',
      200,
      JSON.stringify({
        AccessKeyId: 'STS.x',
        AccessKeySecret: SECRET,
        SecurityToken: SECRET,
        Expiration: '2020-01-01T00:00:00Z',
      }),
      'Unavailable',
    ],
  ])('a credentials URI that responds with %s', async (_rule, status, body, code) => {
    const uri = await cloud.serve((_request, response) => answer(response, status, body))
    await cloud.cliConfig([{ name: 'prod', mode: 'CredentialsURI', credentials_uri: uri }])
    const { provider } = await resolve('prod')
    expect(await failureOf(provider.credential({ signal }))).toMatchObject({ code })
  })

  it('ends at the deadline, and at once when the caller aborts', async () => {
    const uri = await cloud.serve(() => undefined)
    await cloud.cliConfig([{ name: 'prod', mode: 'CredentialsURI', credentials_uri: uri }])
    const { provider } = await profile('prod', { timeoutMs: 200 })
    opened.push(provider)
    expect(await failureOf(provider.credential({ signal }))).toMatchObject({ code: 'Timeout' })
    const stop = new AbortController()
    const other = (await resolve('prod')).provider
    const asked = failureOf(other.credential({ signal: stop.signal }))
    stop.abort()
    expect(await asked).toMatchObject({ code: 'Cancelled' })
  })
})
