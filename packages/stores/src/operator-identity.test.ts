import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import type { Environment } from './internal/credentials/identity-variables.ts'
import {
  operatorIdentityFromEnvironment,
  type OperatorIdentityOptions,
  operatorTokenFile,
} from './operator-identity.ts'

const CANARY = 'canary-secret'
const ALIBABA = { ALIBABA_CLOUD_ACCESS_KEY_ID: 'LTAI5tDemo', ALIBABA_CLOUD_ACCESS_KEY_SECRET: CANARY }
const UPSTREAM = { ACCESS_KEY_ID: 'LTAI5tDemo', SECRET_ACCESS_KEY: CANARY }
const ROLE = 'acs:ram::1:role/reader'
const RRSA = {
  ALIBABA_CLOUD_ROLE_ARN: ROLE,
  ALIBABA_CLOUD_OIDC_PROVIDER_ARN: 'acs:ram::1:oidc-provider/ack',
  ALIBABA_CLOUD_OIDC_TOKEN_FILE: '/var/run/secrets/ack.alibabacloud.com/rrsa-tokens/token',
}
const signal = new AbortController().signal

describe('operatorIdentityFromEnvironment', () => {
  it.each<[string, Environment]>([
    ["Alibaba Cloud's names", ALIBABA],
    ["the Go operator's names", UPSTREAM],
    ['both, with equal values', { ...ALIBABA, ...UPSTREAM }],
    ['a final newline', { ...ALIBABA, ALIBABA_CLOUD_ACCESS_KEY_SECRET: `${CANARY}\n` }],
    [
      'other variables that are empty',
      { ...ALIBABA, ACCESS_KEY_ID: '', ALICLOUD_ROLE_ARN: '', ALIBABA_CLOUD_SECURITY_TOKEN: '' },
    ],
  ])('takes %s', async (_rule, env) => {
    const credential = await operatorIdentityFromEnvironment(env)?.credential({ signal })
    expect(credential?.accessKeyId).toBe('LTAI5tDemo')
    expect(credential?.accessKeySecret.expose()).toBe(CANARY)
    expect(credential?.securityToken).toBeUndefined()
  })

  it('takes a token', async () => {
    const provider = operatorIdentityFromEnvironment({ ...ALIBABA, ALIBABA_CLOUD_SECURITY_TOKEN: 'canary-token' })
    expect((await provider?.credential({ signal }))?.securityToken?.expose()).toBe('canary-token')
  })

  it.each<[string, Environment, OperatorIdentityOptions, string]>([
    [
      'an AccessKey and a role',
      { ...ALIBABA, ALIBABA_CLOUD_ROLE_ARN: ROLE, ALIBABA_CLOUD_ROLE_SESSION_NAME: 'me' },
      {},
      `role ${ROLE} assumed by AccessKey LTAI5tDemo`,
    ],
    [
      'RRSA as ack-pod-identity-webhook configures it',
      RRSA,
      {},
      `role ${ROLE} of token file /var/run/secrets/ack.alibabacloud.com/rrsa-tokens/token`,
    ],
    [
      'RRSA as the Go operator configures it',
      { ALICLOUD_ROLE_ARN: ROLE, ALICLOUD_OIDC_PROVIDER_ARN: 'acs:ram::1:oidc-provider/ack' },
      {},
      `role ${ROLE} of token file /var/run/secrets/tokens/ack-secret-manager`,
    ],
    [
      'RRSA with the provider of the cluster',
      { ALICLOUD_ROLE_ARN: ROLE },
      { oidcProviderArn: 'acs:ram::1:oidc-provider/ack' },
      `role ${ROLE} of token file /var/run/secrets/tokens/ack-secret-manager`,
    ],
    ['the worker role', {}, { enableWorkerRole: true }, 'worker role of this node'],
    [
      'a remote role on top of RRSA',
      { ...RRSA, ALICLOUD_REMOTE_ROLE_ARN: 'acs:ram::2:role/shared', ALICLOUD_REMOTE_ROLE_SESSION_NAME: 'me' },
      {},
      `role acs:ram::2:role/shared assumed by role ${ROLE} of token file ${RRSA.ALIBABA_CLOUD_OIDC_TOKEN_FILE}`,
    ],
  ])('takes %s', async (_what, env, options, description) => {
    const provider = operatorIdentityFromEnvironment(env, { stsEndpoint: '127.0.0.1:9', ...options })
    expect(provider?.identity.description).toBe(description)
    await provider?.close()
  })

  it("rejects RRSA by flags together with the node's role", () =>
    expect(() =>
      operatorIdentityFromEnvironment(
        { ALICLOUD_ROLE_ARN: ROLE },
        { enableWorkerRole: true, oidcProviderArn: 'acs:ram::1:oidc-provider/ack' },
      ),
    ).toThrow(
      '--cluster-id and --enable-worker-role configure two different identities: keep one of them, or choose one by --own-identity',
    ))

  const both = { ...ALIBABA, ...RRSA }
  const ofKey = 'AccessKey LTAI5tDemo'
  const ofRrsa = `role ${ROLE} of token file ${RRSA.ALIBABA_CLOUD_OIDC_TOKEN_FILE}`
  const ofNode = 'worker role of this node'
  const worker = { enableWorkerRole: true }
  it.each<[string, Environment, OperatorIdentityOptions, string | undefined]>([
    ['the node may be used and an AccessKey is configured: the AccessKey', ALIBABA, worker, ofKey],
    ['the node may be used and RRSA is configured: RRSA', RRSA, worker, ofRrsa],
    ['an AccessKey is chosen, with RRSA configured', both, { choice: 'access-key' }, ofKey],
    ['RRSA is chosen, with an AccessKey configured', both, { choice: 'rrsa' }, ofRrsa],
    ['the node is chosen, with both configured', both, { ...worker, choice: 'worker-role' }, ofNode],
    ['none is chosen', { ...both, ALICLOUD_REMOTE_ROLE_ARN: ROLE }, { ...worker, choice: 'none' }, undefined],
    [
      'the node is chosen, with a role to assume',
      { ALICLOUD_ROLE_ARN: ROLE },
      { choice: 'worker-role', oidcProviderArn: 'acs:ram::1:oidc-provider/ack' },
      `role ${ROLE} assumed by ${ofNode}`,
    ],
    [
      'RRSA by flags is chosen, and the node may be used',
      { ALICLOUD_ROLE_ARN: ROLE },
      { ...worker, choice: 'rrsa', oidcProviderArn: 'acs:ram::1:oidc-provider/ack' },
      `role ${ROLE} of token file /var/run/secrets/tokens/ack-secret-manager`,
    ],
  ])('when %s', async (_what, env, options, description) => {
    const provider = operatorIdentityFromEnvironment(env, { stsEndpoint: '127.0.0.1:9', ...options })
    expect(provider?.identity.description).toBe(description)
    await provider?.close()
  })

  it.each<[string, Environment, OperatorIdentityOptions, RegExp]>([
    [
      'an AccessKey',
      RRSA,
      { choice: 'access-key' },
      /^an AccessKey is selected as the operator identity, but none is configured: set ALIB/,
    ],
    [
      'RRSA',
      ALIBABA,
      { choice: 'rrsa' },
      /^RRSA is selected as the operator identity, but ALIBABA_CLOUD_ROLE_ARN is not set$/,
    ],
  ])('rejects a chosen %s that is not configured, even if another identity is', (_what, env, options, message) =>
    expect(() => operatorIdentityFromEnvironment(env, { ...worker, ...options })).toThrowError(
      expect.objectContaining({ code: 'InvalidSpec', message: expect.stringMatching(message) }),
    ),
  )

  it.each<[string, Environment]>([
    ['nothing', {}],
    ['empty variables', { ALIBABA_CLOUD_ACCESS_KEY_ID: '', SECRET_ACCESS_KEY: '' }],
  ])('is undefined for %s', (_rule, env) => expect(operatorIdentityFromEnvironment(env)).toBeUndefined())

  it.each<[string, Environment, RegExp, string?]>([
    ['only an id', { ACCESS_KEY_ID: 'a' }, /ACCESS_KEY_ID is set, but SECRET_ACCESS_KEY is not/],
    ['only a secret', { ALIBABA_CLOUD_ACCESS_KEY_SECRET: CANARY }, /ALIBABA_CLOUD_ACCESS_KEY_ID is not/],
    [
      'only a token',
      { ALIBABA_CLOUD_SECURITY_TOKEN: CANARY },
      /SECURITY_TOKEN is set, but ALIBABA_CLOUD_ACCESS_KEY_ID/,
    ],
    ['a complete key and an incomplete one', { ...ALIBABA, ACCESS_KEY_ID: 'a' }, /SECRET_ACCESS_KEY is not/],
    ['two different ids', { ...ALIBABA, ...UPSTREAM, ACCESS_KEY_ID: 'LTAI5tOther' }, /two different identities/],
    ['two different secrets', { ...ALIBABA, ...UPSTREAM, SECRET_ACCESS_KEY: 'x' }, /two different identities/],
    [
      'an AccessKey and RRSA',
      { ...ALIBABA, ...RRSA },
      /^ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_OIDC_PROVIDER_ARN configure two different identities/,
    ],
    [
      'an AccessKey and a token file',
      { ...UPSTREAM, ALICLOUD_ROLE_ARN: ROLE, ALICLOUD_OIDC_TOKEN_FILE: '/x' },
      /^ACCESS_KEY_ID and ALICLOUD_OIDC_TOKEN_FILE configure two different identities/,
    ],
    [
      'two different roles',
      { ...ALIBABA, ALIBABA_CLOUD_ROLE_ARN: ROLE, ALICLOUD_ROLE_ARN: `${ROLE}2` },
      /^ALIBABA_CLOUD_ROLE_ARN and ALICLOUD_ROLE_ARN configure two different identities/,
    ],
    [
      'a token file without a role',
      { ALIBABA_CLOUD_OIDC_TOKEN_FILE: '/x' },
      /OIDC_TOKEN_FILE is set, but ALIBABA_CLOUD_ROLE_ARN is not: set both/,
    ],
    [
      'a role without an identity to assume it',
      { ALICLOUD_ROLE_ARN: ROLE },
      /^ALICLOUD_ROLE_ARN is set, but neither ALIBABA_CLOUD_OIDC_PROVIDER_ARN nor an AccessKey: set one of them$/,
    ],
    [
      'a remote role without an identity to assume it',
      { ALICLOUD_REMOTE_ROLE_ARN: ROLE },
      /^ALICLOUD_REMOTE_ROLE_ARN is set, but no identity that could assume it/,
    ],
    [
      'a malformed role',
      { ...ALIBABA, ALICLOUD_ROLE_ARN: 'reader' },
      /^ALICLOUD_ROLE_ARN: roleArn: expected the ARN of a RAM role/,
    ],
    [
      'a session that is too long',
      { ...ALIBABA, ALICLOUD_ROLE_ARN: ROLE, ALICLOUD_ROLE_SESSION_EXPIRATION: '99999' },
      /^ALICLOUD_ROLE_ARN: durationSeconds: expected/,
    ],
    [
      'an id and a secret that are swapped',
      { ACCESS_KEY_ID: `${CANARY}-0123`, SECRET_ACCESS_KEY: 'LTAI5tDemo' },
      /^ACCESS_KEY_ID is not an AccessKey id .*: are id and secret swapped\?$/,
      'Unauthenticated',
    ],
    [
      'a malformed secret',
      { ...UPSTREAM, SECRET_ACCESS_KEY: `${CANARY} x` },
      /^SECRET_ACCESS_KEY has white space/,
      'Unauthenticated',
    ],
  ])('refuses %s', (_rule, env, message, code = 'InvalidSpec') => {
    expect(() => operatorIdentityFromEnvironment(env)).toThrowError(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    )
    expect(() => operatorIdentityFromEnvironment(env)).toThrowError(
      expect.toSatisfy((error: unknown) => !inspect(error, { depth: 10, showHidden: true }).includes('canary')),
    )
  })
})

describe('operatorTokenFile', () => {
  it.each<[string, Environment, string]>([
    ['the file that the environment names', RRSA, RRSA.ALIBABA_CLOUD_OIDC_TOKEN_FILE],
    ["the Go operator's name for it", { ALICLOUD_OIDC_TOKEN_FILE: '/tokens/t' }, '/tokens/t'],
    ['the default path of the Go operator', {}, '/var/run/secrets/tokens/ack-secret-manager'],
  ])('is %s', (_rule, env, file) => expect(operatorTokenFile(env)).toBe(file))

  it('refuses two', () =>
    expect(() => operatorTokenFile({ ...RRSA, ALICLOUD_OIDC_TOKEN_FILE: '/tokens/t' })).toThrow(
      'ALIBABA_CLOUD_OIDC_TOKEN_FILE and ALICLOUD_OIDC_TOKEN_FILE configure two different identities',
    ))
})
