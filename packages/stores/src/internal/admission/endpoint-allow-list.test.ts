import { anyCodePoint } from '@ack-secret-manager/test-support/any-text'
import { assert, property, string } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DRIVERS } from '../../testing/drivers.ts'
import { EndpointAllowList } from './endpoint-allow-list.ts'

const ALWAYS = DRIVERS.flatMap(({ allowedEndpoints }) => allowedEndpoints)

const allows = (list: EndpointAllowList, endpoint: string): string => {
  try {
    return list.check(endpoint, 'here')
  } catch {
    return 'refused'
  }
}

describe('EndpointAllowList', () => {
  const byDefault = new EndpointAllowList(ALWAYS)

  it.each([
    ['kms.cn-hangzhou.aliyuncs.com', 'kms.cn-hangzhou.aliyuncs.com'],
    ['kms.cn-hangzhou.aliyuncs.com:443', 'kms.cn-hangzhou.aliyuncs.com'],
    ['kms-vpc.cn-hangzhou.aliyuncs.com', 'kms-vpc.cn-hangzhou.aliyuncs.com'],
    ['kst-demo.cryptoservice.kms.aliyuncs.com', 'kst-demo.cryptoservice.kms.aliyuncs.com'],
  ])('allows %s', (endpoint, canonical) => expect(allows(byDefault, endpoint)).toBe(canonical))

  it.each([
    'cn-hangzhou',
    'cn-hangzhou-finance',
    'cn-shanghai-finance-1',
    'cn-north-2-gov-1',
    'cn-heyuan-acdr-1',
    'cn-wulanchabu',
    'ap-southeast-1',
    'us-west-1',
    'eu-central-1',
    'me-central-1',
    'na-south-1',
    'rus-west-1',
  ])('allows the services of region %s', (region) =>
    expect(allows(byDefault, `kms-vpc.${region}.aliyuncs.com`)).not.toBe('refused'),
  )

  it.each([
    ['another port', 'kms.cn-hangzhou.aliyuncs.com:8443'],
    ['another service', 'ecs.cn-hangzhou.aliyuncs.com'],
    ['more labels', 'kms.evil.cn-hangzhou.aliyuncs.com'],
    ['fewer labels', 'kms.aliyuncs.com'],
    ['a prefix', 'x.kms.cn-hangzhou.aliyuncs.com'],
    ['a suffix', 'kms.cn-hangzhou.aliyuncs.com.evil.example'],
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
    ['the metadata service in octal', '0144.0144.0144.0310'],
    ['the metadata service in hexadecimal', '0x646464c8'],
    ['the metadata service as IPv6', '[::ffff:100.100.100.200]'],
    ['the metadata service as IPv6 in hexadecimal', '[::ffff:6464:64c8]'],
    ['a link-local address', '[fe80::1]'],
    ['a link-local address with a zone', '[fe80::1%25eth0]'],
    ['an address without brackets', '::1'],
    ['loopback', '127.0.0.1'],
    ['loopback, short', '127.1'],
    ['loopback as IPv6', '[::1]'],
    ['loopback by its name', 'localhost'],
    ['the API server', 'kubernetes.default.svc'],
    ['a full stop of another script', 'kms.cn-hangzhou\u3002aliyuncs.com'],
    ['a letter of another script', '\u043ams.cn-hangzhou.aliyuncs.com'],
    ['a name in punycode', 'kms.cn-hangzhou.xn--aliyuncs-x4a.com'],
    ['port 0', 'kms.cn-hangzhou.aliyuncs.com:0'],
    ['plain HTTP', 'kms.cn-hangzhou.aliyuncs.com:80'],
    ['nothing', ''],
    ['a bucket that is called kms', 'kms-vpc.oss-cn-hangzhou.aliyuncs.com'],
    ['a bucket behind the accelerator', 'oos-vpc.oss-accelerate.aliyuncs.com'],
    ['a bucket in the classic network', 'kms.vpc100-oss-cn-hangzhou.aliyuncs.com'],
    ['a bucket of pictures', 'oos.img-cn-hangzhou.aliyuncs.com'],
    ['a bucket by the S3 protocol', 'kms.s3-cn-hangzhou.aliyuncs.com'],
    ['a bucket of the first region', 'kms.oss.aliyuncs.com'],
    ['a project of the log service', 'kms.log.aliyuncs.com'],
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
    // A wildcard never matches an IP address, because its owner is unknown.
    ['*.*.*.*', '100.100.100.200', false],
    ['*', '[::ffff:6464:64c8]', false],
    ['100.100.100.200', '[::ffff:6464:64c8]', false],
    ['[::1]:8443', '[0:0:0:0:0:0:0:1]:8443', false],
    ['*', 'localhost', true],
    ['my-*.*.aliyuncs.com', 'my-kms.cn-hangzhou.aliyuncs.com', true],
    ['my-*.*.aliyuncs.com', 'my-bucket.oss-cn-hangzhou.aliyuncs.com', false],
  ])('--allow-endpoint %s: %s %s', (pattern, endpoint, allowed) =>
    expect(allows(new EndpointAllowList(ALWAYS, [pattern]), endpoint) !== 'refused').toBe(allowed),
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
  ])('rejects the pattern %j, and names the flag', (pattern) =>
    expect(() => new EndpointAllowList(ALWAYS, [pattern])).toThrowError(
      expect.objectContaining({ code: 'InvalidSpec', message: expect.stringContaining('--allow-endpoint') }),
    ),
  )

  it('names the field and the flag that allows the endpoint', () =>
    expect(() => byDefault.check('127.0.0.1:8443', 'SecretStore prod/kms: spec.KMS.endpoint')).toThrow(
      'SecretStore prod/kms: spec.KMS.endpoint: 127.0.0.1:8443 is not an allowed endpoint; allow it with --allow-endpoint 127.0.0.1:8443',
    ))

  it('never lets a URL lead to another host than the allowed one', () => {
    assert(
      property(
        string({ unit: anyCodePoint, maxLength: 12 }),
        string({ unit: anyCodePoint, maxLength: 12 }),
        (before, after) => {
          const allowed = allows(byDefault, `${before}kms.cn-hangzhou.aliyuncs.com${after}`)
          return allowed === 'refused' || new URL(`https://${allowed}/`).hostname.endsWith('.aliyuncs.com')
        },
      ),
    )
  })
})
