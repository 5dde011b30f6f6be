import { describe, expect, it } from 'vitest'
import { instanceOf, parseInstanceEndpoint } from './instance-endpoint.ts'

describe('parseInstanceEndpoint', () => {
  it.each([
    ['kst-hzz62ee817bvyyr5x', 'kst-hzz62ee817bvyyr5x.cryptoservice.kms.aliyuncs.com', 'kst-hzz62ee817bvyyr5x'],
    ['kst-x.cryptoservice.kms.aliyuncs.com', 'kst-x.cryptoservice.kms.aliyuncs.com', 'kst-x'],
    ['127.0.0.1:8443', '127.0.0.1:8443', '127.0.0.1:8443'],
  ])('%s', (text, endpoint, instance) => {
    expect(parseInstanceEndpoint(text)).toBe(endpoint)
    expect(instanceOf(endpoint)).toBe(instance)
  })

  it.each([
    '',
    'KST-X',
    '-x',
    'kst x',
    'https://kst-x.cryptoservice.kms.aliyuncs.com',
    'kst-x.cryptoservice.kms.aliyuncs.com/',
    'x@evil.example',
    'x'.repeat(64),
  ])('refuses %j', (text) =>
    expect(() => parseInstanceEndpoint(text)).toThrowError(
      expect.objectContaining({ code: 'InvalidSpec', facts: { field: 'endpoint' } }),
    ),
  )
})
