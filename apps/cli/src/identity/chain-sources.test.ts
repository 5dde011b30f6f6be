import { StsClient } from '@ack-secret-manager/alicloud-openapi'
import { Sensitive } from '@ack-secret-manager/core'
import { issueServerCertificate, type Simulator, startSimulator } from '@ack-secret-manager/kms-simulator'
import { simulatorControl } from '@ack-secret-manager/test-support/simulator-control'
import { json, startTestServer, type TestServer } from '@ack-secret-manager/test-support/test-server'
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import tls from 'node:tls'
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { PROVIDER, TestIssuer } from '../testing/access.ts'
import { folderWith } from '../testing/files.ts'
import { KEY } from '../testing/kms.ts'
import { CANARY, type Ran, run } from '../testing/run.ts'

const ACCOUNT = '1234567890123456'
const roleArn = (name: string): string => `acs:ram::${ACCOUNT}:role/${name}`
const KEY_FIELDS = { access_key_id: KEY.id, access_key_secret: KEY.secret }
const issuer = new TestIssuer()

let simulator: Simulator
let session: Readonly<Record<'AccessKeyId' | 'AccessKeySecret' | 'SecurityToken' | 'Expiration', string>>
let uri: TestServer
let brokenUri: TestServer

beforeAll(async () => {
  const certificate = await issueServerCertificate(['127.0.0.1'])
  tls.setDefaultCACertificates([...tls.getCACertificates('default'), certificate.rootPem])
  const allow = [{ actions: ['*'], resources: ['*'] }]
  const subject = 'system:serviceaccount:default:ack-secret-manager'
  simulator = await startSimulator({
    certificate,
    seed: {
      account: ACCOUNT,
      accessKeys: [{ ...KEY, allow }],
      roles: [
        { name: 'known', trust: { accessKeys: [KEY.id], roles: [roleArn('known'), roleArn('node')] }, allow },
        { name: 'pod', trust: { oidc: { issuer: issuer.issuer, audience: 'sts.aliyuncs.com', subject } }, allow },
        { name: 'node', trust: { ecs: true }, allow },
        { name: 'closed', trust: {} },
      ],
      metadata: { role: 'node' },
      oidcProviders: [{ arn: PROVIDER, issuer: issuer.issuer, clientIds: ['sts.aliyuncs.com'], jwks: issuer.jwks }],
      secrets: [{ name: 'app/db', versions: [{ id: 'v1', data: 'value' }] }],
    } as Parameters<typeof startSimulator>[0]['seed'],
  })
  session = await newSession()
  uri = await startTestServer(json(200, { Code: 'Success', ...session }))
  brokenUri = await startTestServer(json(500, { Code: 'Failed', Message: CANARY }))
})
afterAll(async () => {
  await Promise.all([uri[Symbol.asyncDispose](), brokenUri[Symbol.asyncDispose](), simulator.close()])
})
beforeEach(() => simulatorControl(simulator.control)('DELETE', 'calls'))

async function newSession(): Promise<typeof session> {
  await using sts = new StsClient({ region: 'cn-hangzhou', endpoint: new URL(simulator.sts ?? '').host })
  const { accessKeyId, accessKeySecret, securityToken, expiresAtMs } = await sts.assumeRole({
    as: { accessKeyId: KEY.id, accessKeySecret: new Sensitive(KEY.secret) },
    session: {
      role: { arn: roleArn('known'), account: ACCOUNT, name: 'known' },
      sessionName: 'given',
      durationSeconds: 3_600,
      policy: undefined,
    },
    signal: AbortSignal.timeout(120_000),
  })
  return {
    AccessKeyId: accessKeyId,
    AccessKeySecret: accessKeySecret.expose(),
    SecurityToken: securityToken?.expose() ?? '',
    Expiration: new Date(expiresAtMs ?? 0).toISOString().replace(/\.\d+/, ''),
  }
}

/** What a machine has: variables, and files below its home directory. */
interface Machine {
  readonly env?: Readonly<Record<string, string>>
  readonly files?: Readonly<Record<string, string>>
  readonly flags?: readonly string[]
}

const cliConfig = (...profiles: object[]): Record<string, string> => ({
  '.aliyun/config.json': JSON.stringify({ current: 'p', profiles }),
})
const profileOf = (mode: string, fields: object): Machine => ({ files: cliConfig({ name: 'p', mode, ...fields }) })

async function get({ env = {}, files = {}, flags = ['--auth', 'default'] }: Machine): Promise<Ran> {
  const home = await folderWith({ token: issuer.token() })
  for (const [name, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(home, name)), { recursive: true })
    await writeFile(path.join(home, name), text.replaceAll('HOME/', `${home}/`), { mode: 0o600 })
  }
  // The SDK itself reads the file of a profile with a command.
  vi.stubEnv('HOME', home)
  const at = (text: string): string => text.replaceAll('HOME/', `${home}/`)
  const endpoints = ['--endpoint', new URL(simulator.kms).host, '--sts-endpoint', new URL(simulator.sts ?? '').host]
  const metadata = ['--metadata-endpoint', simulator.metadata ?? '']
  try {
    return await run(['get', 'app/db', ...endpoints, ...metadata, ...flags, '--timeout', '20s'], {
      env: { HOME: home, ...Object.fromEntries(Object.entries(env).map(([name, text]) => [name, at(text)])) },
    })
  } finally {
    vi.unstubAllEnvs()
  }
}

async function reader(): Promise<string> {
  const { calls } = (await simulatorControl(simulator.control)(
    'GET',
    'calls?groupBy=action,identity&action=GetSecretValue&result=OK',
  )) as {
    calls: { identity: string }[]
  }
  return calls
    .map(({ identity }) => identity.replace(`acs:ram::${ACCOUNT}:`, '').replace(/^(assumed-role\/[^/]+)\/.*/, '$1'))
    .join()
}

const OIDC = { ALIBABA_CLOUD_ROLE_ARN: roleArn('pod'), ALIBABA_CLOUD_OIDC_PROVIDER_ARN: PROVIDER }
const KEY_VARIABLES = { ALIBABA_CLOUD_ACCESS_KEY_ID: KEY.id, ALIBABA_CLOUD_ACCESS_KEY_SECRET: KEY.secret }
const FILE = '~/.aliyun/config.json'

it.each<[source: string, machine: () => Machine, identity: string, says: string]>([
  ['variables with an AccessKey', () => ({ env: KEY_VARIABLES }), KEY.id, `environment (AccessKey ${KEY.id})`],
  [
    'variables with a session',
    () => ({
      env: {
        ALIBABA_CLOUD_ACCESS_KEY_ID: session.AccessKeyId,
        ALIBABA_CLOUD_ACCESS_KEY_SECRET: session.AccessKeySecret,
        ALIBABA_CLOUD_SECURITY_TOKEN: session.SecurityToken,
      },
    }),
    'assumed-role/known',
    'environment (AccessKey STS.',
  ],
  [
    'an OIDC token file',
    () => ({ env: { ...OIDC, ALIBABA_CLOUD_OIDC_TOKEN_FILE: 'HOME/token' } }),
    'assumed-role/pod',
    `environment (role ${roleArn('pod')} for the OIDC token in /`,
  ],
  [
    'a profile with an AccessKey',
    () => profileOf('AK', KEY_FIELDS),
    KEY.id,
    `profile p of ${FILE} (AccessKey ${KEY.id})`,
  ],
  [
    'a profile with a session',
    () =>
      profileOf('StsToken', {
        access_key_id: session.AccessKeyId,
        access_key_secret: session.AccessKeySecret,
        sts_token: session.SecurityToken,
      }),
    'assumed-role/known',
    `profile p of ${FILE} (AccessKey STS.`,
  ],
  [
    'a profile with a role',
    () => profileOf('RamRoleArn', { ...KEY_FIELDS, ram_role_arn: roleArn('known'), ram_session_name: 'laptop' }),
    'assumed-role/known',
    `profile p of ${FILE} (role ${roleArn('known')} assumed by AccessKey ${KEY.id})`,
  ],
  [
    'a profile with a role of another profile',
    () => ({
      files: cliConfig(
        {
          name: 'p',
          mode: 'ChainableRamRoleArn',
          source_profile: 'base',
          ram_role_arn: roleArn('known'),
          ram_session_name: 'laptop',
        },
        { name: 'base', mode: 'AK', ...KEY_FIELDS },
      ),
    }),
    'assumed-role/known',
    `profile p of ${FILE} (role ${roleArn('known')} assumed by AccessKey ${KEY.id})`,
  ],
  [
    'a profile with the role of the instance',
    () => profileOf('EcsRamRole', {}),
    'assumed-role/node',
    `profile p of ${FILE} (RAM role of this ECS instance)`,
  ],
  [
    'a profile with a command',
    () => ({
      files: {
        ...cliConfig({ name: 'p', mode: 'External', process_command: 'cat HOME/session' }),
        session: JSON.stringify({
          mode: 'StsToken',
          access_key_id: session.AccessKeyId,
          access_key_secret: session.AccessKeySecret,
          sts_token: session.SecurityToken,
        }),
      },
    }),
    'assumed-role/known',
    `profile p of ${FILE} (external command)`,
  ],
  [
    'the shared credentials file',
    () => ({
      files: {
        '.alibabacloud/credentials': `[default]\ntype = access_key\naccess_key_id = ${KEY.id}\naccess_key_secret = ${KEY.secret}\n`,
      },
    }),
    KEY.id,
    `profile default of ~/.alibabacloud/credentials (AccessKey ${KEY.id})`,
  ],
  [
    'the role of the ECS instance',
    () => ({ env: { ALIBABA_CLOUD_ECS_METADATA_DISABLED: '' } }),
    'assumed-role/node',
    'metadata service (RAM role of this ECS instance)',
  ],
  [
    'a credentials URI',
    () => ({ env: { ALIBABA_CLOUD_CREDENTIALS_URI: `http://${uri.endpoint}/path?${CANARY}` } }),
    'assumed-role/known',
    `environment (credentials URI at http://127.0.0.1:`,
  ],
])('get reads with %s', async (_source, machineOf, identity, says) => {
  const { code, out, err } = await get(machineOf())
  expect([code, out, err.split('\n').length]).toEqual([0, 'value', 2])
  expect(err.startsWith(`acksm: using ${says}`)).toBe(true)
  expect(await reader()).toMatch(new RegExp(`^${identity}`))
})

const EXPIRED = '2020-01-01T00:00:00Z'

it.each<[failure: string, machine: () => Machine, code: number, message: RegExp]>([
  [
    'half an AccessKey',
    () => ({ env: { ALIBABA_CLOUD_ACCESS_KEY_ID: KEY.id } }),
    2,
    /ALIBABA_CLOUD_ACCESS_KEY_ID is set, but ALIBABA_CLOUD_ACCESS_KEY_SECRET is not/,
  ],
  [
    'a wrong AccessKey secret',
    () => profileOf('AK', { ...KEY_FIELDS, access_key_secret: `${CANARY}-wrong` }),
    1,
    /signature/,
  ],
  [
    'no token file',
    () => ({ env: { ...OIDC, ALIBABA_CLOUD_OIDC_TOKEN_FILE: 'HOME/none' } }),
    1,
    /none cannot be read \(ENOENT\)/,
  ],
  [
    'a token that is none',
    () => ({ env: { ...OIDC, ALIBABA_CLOUD_OIDC_TOKEN_FILE: 'HOME/bad' }, files: { bad: `${CANARY}.x.y` } }),
    1,
    /OIDC token/,
  ],
  [
    'a configuration that is not JSON',
    () => ({ files: { '.aliyun/config.json': `{"profiles": [{"access_key_secret": "${CANARY}"` } }),
    2,
    /~\/\.aliyun\/config\.json: is not JSON/,
  ],
  [
    'a profile without its secret',
    () => profileOf('AK', { access_key_id: KEY.id }),
    2,
    /profile p of \S+: access_key_secret/,
  ],
  [
    'a role that does not admit it',
    () => profileOf('RamRoleArn', { ...KEY_FIELDS, ram_role_arn: roleArn('closed'), ram_session_name: 'laptop' }),
    1,
    /role\/closed/,
  ],
  ['a mode that is not supported', () => profileOf('RsaKeyPair', { private_key: CANARY }), 2, /RsaKeyPair/],
  [
    'a command that fails',
    () => profileOf('External', { process_command: `cat HOME/${CANARY}` }),
    1,
    /process_command fails/,
  ],
  [
    'a command that prints no credential',
    () => profileOf('External', { process_command: `echo ${CANARY}` }),
    1,
    /process_command does not print a credential/,
  ],
  [
    'a login that has ended',
    () =>
      profileOf('CloudSSO', {
        access_key_id: session.AccessKeyId,
        access_key_secret: session.AccessKeySecret,
        sts_token: session.SecurityToken,
        sts_expiration: Date.parse(EXPIRED) / 1_000,
      }),
    1,
    /expired|log in again/,
  ],
  [
    'a malformed shared file',
    () => ({ files: { '.alibabacloud/credentials': `[default]\ntype = access_key\naccess_key_id = ${KEY.id}\n` } }),
    2,
    /access_key_secret/,
  ],
  [
    'a named role that the instance has not',
    () => ({ env: { ALIBABA_CLOUD_ECS_METADATA_DISABLED: '', ALIBABA_CLOUD_ECS_METADATA: 'other' } }),
    2,
    /other/,
  ],
  [
    'a credentials URI that fails',
    () => ({ env: { ALIBABA_CLOUD_CREDENTIALS_URI: `http://${brokenUri.endpoint}/?${CANARY}` } }),
    1,
    /credentials URI at http:\/\/127\.0\.0\.1:\d+/,
  ],
  [
    'a credentials URI that is none',
    () => ({ env: { ALIBABA_CLOUD_CREDENTIALS_URI: `file:///${CANARY}` } }),
    2,
    /ALIBABA_CLOUD_CREDENTIALS_URI: expected an http or https URL/,
  ],
])('get fails without a value: %s', async (_failure, machineOf, code, message) => {
  const ran = await get(machineOf())
  expect([ran.code, ran.out, ran.err]).toEqual([code, '', expect.stringMatching(message)])
  for (const secret of [KEY.secret, session.AccessKeySecret, session.SecurityToken])
    expect(ran.err).not.toContain(secret)
  expect(await reader()).toBe('')
})
