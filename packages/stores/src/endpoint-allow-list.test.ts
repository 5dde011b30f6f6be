import { assert, property, string } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EndpointAllowList } from './endpoint-allow-list.ts'

const allows = (list: EndpointAllowList, endpoint: string): string => {
  try {
    return list.check(endpoint, 'here')
  } catch {
    return 'refused'
  }
}

describe('EndpointAllowList', () => {
  const byDefault = new EndpointAllowList()

  it.each([
    ['kms.cn-hangzhou.aliyuncs.com', 'kms.cn-hangzhou.aliyuncs.com'],
    ['kms.cn-hangzhou.aliyuncs.com:443', 'kms.cn-hangzhou.aliyuncs.com'],
    ['kms-vpc.cn-hangzhou.aliyuncs.com', 'kms-vpc.cn-hangzhou.aliyuncs.com'],
    ['kst-demo.cryptoservice.kms.aliyuncs.com', 'kst-demo.cryptoservice.kms.aliyuncs.com'],
  ])('allows %s', (endpoint, canonical) => expect(allows(byDefault, endpoint)).toBe(canonical))

  it.each([
    ['another port', 'kms.cn-hangzhou.aliyuncs.com:8443'],
    ['another service', 'ecs.cn-hangzhou.aliyuncs.com'],
    ['more labels', 'kms.evil.cn-hangzhou.aliyuncs.com'],
    ['fewer labels', 'kms.aliyuncs.com'],
    ['something before', 'x.kms.cn-hangzhou.aliyuncs.com'],
    ['something after', 'kms.cn-hangzhou.aliyuncs.com.evil.example'],
    ['a dash for a dot', 'kms.cn-hangzhou.aliyuncs-com.evil.example'],
    ['a letter for a dot', 'kmsxcn-hangzhou.aliyuncs.com'],
    ['user info', 'kms.cn-hangzhou.aliyuncs.com@evil.example'],
    ['user info before', 'evil.example@kms.cn-hangzhou.aliyuncs.com'],
    ['a path', 'kms.cn-hangzhou.aliyuncs.com/evil'],
    ['a hidden host', 'evil.example/kms.cn-hangzhou.aliyuncs.com'],
    ['a hidden host in a fragment', 'evil.example#.aliyuncs.com'],
    ['upper case', 'KMS.cn-hangzhou.aliyuncs.com'],
    ['a final dot', 'kms.cn-hangzhou.aliyuncs.com.'],
    ['a line break', 'kms.cn-hangzhou.aliyuncs.com\n'],
    ['the metadata service', '100.100.100.200'],
    ['the metadata service as a number', '1684301000'],
    ['loopback', '127.0.0.1'],
    ['nothing', ''],
    ['a bucket that is called kms', 'kms-vpc.oss-cn-hangzhou.aliyuncs.com'],
    ['a bucket behind the accelerator', 'oos-vpc.oss-accelerate.aliyuncs.com'],
  ])('refuses %s', (_rule, endpoint) => expect(allows(byDefault, endpoint)).toBe('refused'))

  it.each([
    ['127.0.0.1:8443', '127.0.0.1:8443', true],
    ['127.0.0.1:8443', '127.0.0.1:8444', false],
    ['127.0.0.1:8443', '127.0.0.1', false],
    ['[::1]:8443', '[::1]:8443', true],
    ['*.kms.internal', 'a.kms.internal', true],
    ['*.kms.internal', 'a.b.kms.internal', false],
    ['*.kms.internal', 'a.kms.internal:8443', false],
    ['*.kms.internal:443', 'a.kms.internal', true],
    ['*.kms.internal:8443', 'a.kms.internal:8443', true],
    ['kms-*.internal', 'kms-a.internal', true],
    ['kms-*.internal', 'kms-.internal', false],
    // A glob never means an address: it cannot be known whose it is.
    ['*.*.*.*', '100.100.100.200', false],
    ['*', 'localhost', true],
  ])('--allow-endpoint %s: %s %s', (pattern, endpoint, allowed) =>
    expect(allows(new EndpointAllowList([pattern]), endpoint) !== 'refused').toBe(allowed),
  )

  it.each([
    '',
    'https://kms.internal',
    'kms.internal/',
    'KMS.internal',
    'kms.internal:*',
    '**.internal',
    '*a*.internal',
    '*.internal.',
  ])('takes %j for no pattern, and names the flag', (pattern) =>
    expect(() => new EndpointAllowList([pattern])).toThrowError(
      expect.objectContaining({ code: 'InvalidSpec', message: expect.stringContaining('--allow-endpoint') }),
    ),
  )

  it('says where the endpoint stood and what would allow it', () =>
    expect(() => byDefault.check('127.0.0.1:8443', 'SecretStore prod/kms: spec.KMS.endpoint')).toThrow(
      'SecretStore prod/kms: spec.KMS.endpoint: 127.0.0.1:8443 is not among the allowed endpoints; --allow-endpoint 127.0.0.1:8443 would allow it',
    ))

  it('lets a URL lead nowhere else than to the host that it allowed', () => {
    assert(
      property(
        string({ unit: 'binary', maxLength: 12 }),
        string({ unit: 'binary', maxLength: 12 }),
        (before, after) => {
          const allowed = allows(byDefault, `${before}kms.cn-hangzhou.aliyuncs.com${after}`)
          return allowed === 'refused' || new URL(`https://${allowed}/`).hostname.endsWith('.aliyuncs.com')
        },
      ),
    )
  })
})
