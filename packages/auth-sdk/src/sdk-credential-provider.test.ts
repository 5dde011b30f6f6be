import { inspect } from 'node:util'
import { ManualClock } from '@ack-secret-manager/core/testing'
import sdk, { Config } from '@alicloud/credentials'
import { canary } from '@ack-secret-manager/test-support/canary'
import { describe, expect, it } from 'vitest'
import { sessionExpiryMs } from './internal/session-expiry.ts'
import { type SdkCredential, sdkCredentialProvider } from './sdk-credential-provider.ts'

/** Node imports the exports of the SDK as its default, loaders with interop import the class. */
const SdkCredentialClass: typeof sdk.default = 'default' in sdk ? sdk.default : sdk
const SECRET = canary('sdk-secret')
const signal = AbortSignal.timeout(60_000)

/** A credential that counts its reads. */
function fake(parts: () => Record<string, string | undefined>): SdkCredential & { reads: number } {
  const credential = {
    reads: 0,
    getType: () => 'custom',
    getCredential: async () => {
      credential.reads += 1
      return parts()
    },
  }
  return credential
}

describe('sdkCredentialProvider', () => {
  it('gives a permanent AccessKey of the SDK', async () => {
    const config = new Config({ type: 'access_key', accessKeyId: 'LTAI5tDemo', accessKeySecret: SECRET })
    await using provider = disposable(sdkCredentialProvider(new SdkCredentialClass(config)))
    const credential = await provider.credential({ signal })
    expect([credential.accessKeyId, credential.accessKeySecret.expose()]).toEqual(['LTAI5tDemo', SECRET])
    expect('securityToken' in credential).toBe(false)
    expect(Object.isFrozen(credential)).toBe(true)
    expect(provider.identity).toMatchObject({ kind: 'sdk', description: '@alicloud/credentials access_key' })
  })

  it('reads a credential again after a minute if the SDK does not tell its end', async () => {
    const clock = new ManualClock()
    let id = 'LTAI5tOne'
    const credential = fake(() => ({ accessKeyId: id, accessKeySecret: SECRET }))
    const provider = sdkCredentialProvider(credential, { clock, random: () => 0 })
    const idNow = async () => (await provider.credential({ signal })).accessKeyId
    expect([await idNow(), await idNow(), credential.reads]).toEqual(['LTAI5tOne', 'LTAI5tOne', 1])
    id = 'LTAI5tTwo'
    await clock.advance(60_000)
    expect([await idNow(), credential.reads]).toEqual(['LTAI5tTwo', 2])
  })

  it('follows the description and the account that it is given', () => {
    const { identity } = sdkCredentialProvider(
      fake(() => ({})),
      { description: 'my vault', account: '42' },
    )
    expect(identity).toMatchObject({ description: 'my vault', account: '42' })
  })

  it.each<[rule: string, parts: Record<string, string | undefined>]>([
    ['no id', { accessKeySecret: SECRET }],
    ['an empty secret', { accessKeyId: 'LTAI5tDemo', accessKeySecret: '' }],
    ['a line break in the secret', { accessKeyId: 'LTAI5tDemo', accessKeySecret: `${SECRET}\n` }],
    ['a token of other characters', { accessKeyId: 'STS.x', accessKeySecret: SECRET, securityToken: `${SECRET}é` }],
  ])('refuses %s, without a value', async (_rule, parts) => {
    const failure: unknown = await sdkCredentialProvider(fake(() => parts))
      .credential({ signal })
      .catch((error: unknown) => error)
    expect(failure).toMatchObject({ code: 'Unauthenticated' })
    expect(inspect(failure, { depth: 10, showHidden: true }).includes(SECRET)).toBe(false)
  })

  it('keeps the words of a credential of someone else out of its error', async () => {
    const provider = sdkCredentialProvider({
      getType: () => `${SECRET} type`,
      getCredential: () => Promise.reject(new Error(`GET https://x/?Signature=${SECRET} failed`)),
    })
    const failure: unknown = await provider.credential({ signal }).catch((error: unknown) => error)
    expect(failure).toMatchObject({ message: '@alicloud/credentials: the SDK has no credential for it (Error)' })
    expect(inspect(failure, { depth: 10, showHidden: true }).includes(SECRET)).toBe(false)
  })

  it.each([0, -1, 1.5, Number.NaN])('refuses a deadline of %s', (timeoutMs) => {
    expect(() =>
      sdkCredentialProvider(
        fake(() => ({})),
        { timeoutMs },
      ),
    ).toThrow(RangeError)
  })
})

describe('sessionExpiryMs', () => {
  const end = '2026-01-02T03:04:05Z'
  it.each<[what: string, credential: unknown, expected: number | undefined]>([
    [
      'a session of STS',
      { credential: { provider: { session: { accessKeyId: 'a', expiration: end } } } },
      Date.parse(end),
    ],
    [
      'the default chain',
      { provider: { lastUsedProvider: { innerProvider: { session: { accessKeyId: 'a', expiration: end } } } } },
      Date.parse(end),
    ],
    ['a command', { provider: { session: { access_key_id: 'a', expiration: end } } }, Date.parse(end)],
    ['an older class', { credential: { sessionCredential: { AccessKeyId: 'a', Expiration: end } } }, Date.parse(end)],
    ['the session of another id', { provider: { session: { accessKeyId: 'b', expiration: end } } }, undefined],
    ['a date that is none', { provider: { session: { accessKeyId: 'a', expiration: 'soon' } } }, undefined],
    ['nothing', undefined, undefined],
  ])('%s', (_what, credential, expected) => {
    expect(sessionExpiryMs(credential, 'a')).toBe(expected)
  })

  it('ends in a circle', () => {
    const circle: Record<string, unknown> = {}
    circle['provider'] = circle
    expect(sessionExpiryMs(circle, 'a')).toBe(undefined)
  })
})

function disposable<T extends { close(): Promise<void> }>(thing: T): T & AsyncDisposable {
  return Object.assign(thing, { [Symbol.asyncDispose]: () => thing.close() })
}
