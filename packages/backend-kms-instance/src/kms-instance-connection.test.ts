import { describe, expect, it } from 'vitest'
import { kmsInstanceConnection, type KmsInstanceConnectionOptions } from './kms-instance-connection.ts'
import { staticProvider } from '@ack-secret-manager/testkit'
import { regionCa } from './region-ca.ts'

const provider = staticProvider('LTAI5tDemo', 'secret')

function connection(change: Partial<Omit<KmsInstanceConnectionOptions, 'clientKey' | 'provider'>> = {}, as = provider) {
  return kmsInstanceConnection({ region: 'cn-hangzhou', endpoint: 'kst-x', provider: as, ...change })
}

describe('kmsInstanceConnection', () => {
  it('uses the quota of the instance for every identity', () =>
    expect(connection()).toMatchObject({ kind: 'kms-instance', quota: { account: 'kst-x', region: 'instance' } }))

  it('is equal for the same endpoint, identity and CA in any notation', () => {
    const { key } = connection()
    expect(connection({ endpoint: 'kst-x.cryptoservice.kms.aliyuncs.com', protocol: 'HTTPS' }).key).toBe(key)
    expect(connection({ ca: '' }).key).toBe(key)
    expect(connection({ ca: Buffer.from(regionCa('cn-hangzhou')).toString('base64'), region: 'cn-nowhere' }).key).toBe(
      key,
    )
  })

  it.each([
    ['another instance', connection({ endpoint: 'kst-y' })],
    ['another identity', connection({}, staticProvider('LTAI5tOther', 'secret'))],
    ['another CA', connection({ region: 'cn-beijing' })],
    ['ignoreSSL', connection({ ignoreSSL: true })],
  ])('has another key for %s', (_rule, other) => expect(other.key).not.toBe(connection().key))

  it.each([
    ['http', { protocol: 'http' }, 'protocol', /expected https, got "http"/],
    ['a scheme in the endpoint', { endpoint: 'https://kst-x' }, 'endpoint', /^endpoint: expected/],
    ['a region without CA', { region: 'cn-nowhere' }, 'ca', /region "cn-nowhere" has no built-in CA/],
    ['an invalid CA', { ca: 'bm9uZQ==' }, 'ca', /found none/],
  ])('refuses %s, naming the field', (_rule, change, field, message) =>
    expect(() => connection(change)).toThrowError(
      expect.objectContaining({ code: 'InvalidSpec', facts: { field }, message: expect.stringMatching(message) }),
    ),
  )
})
