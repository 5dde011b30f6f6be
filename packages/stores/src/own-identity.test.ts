import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { type Environment, ownIdentityFromEnvironment } from './own-identity.ts'

const CANARY = 'canary-secret'
const ALIBABA = { ALIBABA_CLOUD_ACCESS_KEY_ID: 'LTAI5tDemo', ALIBABA_CLOUD_ACCESS_KEY_SECRET: CANARY }
const UPSTREAM = { ACCESS_KEY_ID: 'LTAI5tDemo', SECRET_ACCESS_KEY: CANARY }
const signal = new AbortController().signal

describe('ownIdentityFromEnvironment', () => {
  it.each<[string, Environment]>([
    ["Alibaba Cloud's names", ALIBABA],
    ["the Go operator's names", UPSTREAM],
    ['both, when they say the same', { ...ALIBABA, ...UPSTREAM }],
    ['a final newline', { ...ALIBABA, ALIBABA_CLOUD_ACCESS_KEY_SECRET: `${CANARY}\n` }],
    ['empty others', { ...ALIBABA, ACCESS_KEY_ID: '', ALICLOUD_ROLE_ARN: '', ALIBABA_CLOUD_SECURITY_TOKEN: '' }],
  ])('takes %s', async (_rule, env) => {
    const credential = await ownIdentityFromEnvironment(env)?.credential({ signal })
    expect(credential?.accessKeyId).toBe('LTAI5tDemo')
    expect(credential?.accessKeySecret.expose()).toBe(CANARY)
    expect(credential?.securityToken).toBeUndefined()
  })

  it('takes a token', async () => {
    const provider = ownIdentityFromEnvironment({ ...ALIBABA, ALIBABA_CLOUD_SECURITY_TOKEN: 'canary-token' })
    expect((await provider?.credential({ signal }))?.securityToken?.expose()).toBe('canary-token')
  })

  it.each<[string, Environment]>([
    ['nothing', {}],
    ['empty variables', { ALIBABA_CLOUD_ACCESS_KEY_ID: '', SECRET_ACCESS_KEY: '' }],
  ])('is undefined for %s', (_rule, env) => expect(ownIdentityFromEnvironment(env)).toBeUndefined())

  it.each<[string, Environment, string, RegExp]>([
    ['an id alone', { ACCESS_KEY_ID: 'a' }, 'InvalidSpec', /ACCESS_KEY_ID is set, but SECRET_ACCESS_KEY is not/],
    [
      'a secret alone',
      { ALIBABA_CLOUD_ACCESS_KEY_SECRET: CANARY },
      'InvalidSpec',
      /ALIBABA_CLOUD_ACCESS_KEY_ID is not/,
    ],
    [
      'a token alone',
      { ALIBABA_CLOUD_SECURITY_TOKEN: CANARY },
      'InvalidSpec',
      /SECURITY_TOKEN is set, but ALIBABA_CLOUD_ACCESS_KEY_ID/,
    ],
    ['one whole and one half', { ...ALIBABA, ACCESS_KEY_ID: 'a' }, 'InvalidSpec', /SECRET_ACCESS_KEY is not/],
    ['two different ids', { ...ALIBABA, ...UPSTREAM, ACCESS_KEY_ID: 'b' }, 'InvalidSpec', /two different identities/],
    [
      'two different secrets',
      { ...ALIBABA, ...UPSTREAM, SECRET_ACCESS_KEY: 'x' },
      'InvalidSpec',
      /two different identities/,
    ],
    [
      'a role',
      { ...ALIBABA, ALICLOUD_ROLE_ARN: 'acs:ram::1:role/x' },
      'InvalidSpec',
      /ALICLOUD_ROLE_ARN is set.*not supported yet/,
    ],
    ['RRSA', { ALIBABA_CLOUD_OIDC_TOKEN_FILE: '/x' }, 'InvalidSpec', /OIDC_TOKEN_FILE is set.*not supported yet/],
    [
      'a malformed secret',
      { ...UPSTREAM, SECRET_ACCESS_KEY: `${CANARY} x` },
      'Unauthenticated',
      /^SECRET_ACCESS_KEY has white space/,
    ],
  ])('refuses %s', (_rule, env, code, message) => {
    expect(() => ownIdentityFromEnvironment(env)).toThrowError(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    )
    expect(() => ownIdentityFromEnvironment(env)).toThrowError(
      expect.toSatisfy((error: unknown) => !inspect(error, { depth: 10, showHidden: true }).includes('canary')),
    )
  })
})
