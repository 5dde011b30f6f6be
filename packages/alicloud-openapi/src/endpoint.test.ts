import { describe, expect, it } from 'vitest'
import { parseEndpoint } from './endpoint.ts'

describe('parseEndpoint', () => {
  it.each([
    ['kms.cn-hangzhou.aliyuncs.com', 'kms.cn-hangzhou.aliyuncs.com'],
    ['kms.cn-hangzhou.aliyuncs.com:443', 'kms.cn-hangzhou.aliyuncs.com'],
    ['127.0.0.1:8443', '127.0.0.1:8443'],
    ['[::1]:8443', '[::1]:8443'],
    ['localhost', 'localhost'],
  ])('%s', (text, endpoint) => expect(parseEndpoint(text)).toBe(endpoint))

  it.each([
    ['nothing', ''],
    ['a scheme', 'https://kms.cn-hangzhou.aliyuncs.com'],
    ['a path', 'kms.cn-hangzhou.aliyuncs.com/x'],
    ['a final slash', 'kms.cn-hangzhou.aliyuncs.com/'],
    ['a query', 'kms.cn-hangzhou.aliyuncs.com?x'],
    ['a fragment', 'kms.cn-hangzhou.aliyuncs.com#x'],
    ['user info', 'kms.cn-hangzhou.aliyuncs.com@evil.example'],
    ['user info with a port', 'kms.cn-hangzhou.aliyuncs.com:443@evil.example'],
    ['a backslash', 'evil.example\\kms.cn-hangzhou.aliyuncs.com'],
    ['upper case', 'KMS.cn-hangzhou.aliyuncs.com'],
    ['a final dot', 'kms.cn-hangzhou.aliyuncs.com.'],
    ['a blank', 'kms.cn-hangzhou.aliyuncs.com '],
    ['a line break', 'kms.cn-hangzhou\n.aliyuncs.com'],
    ['a percent escape', 'kms%2ecn-hangzhou.aliyuncs.com'],
    ['an address as one number', '2852039166'],
    ['an address in hexadecimal', '0xa9fea9fe'],
    ['an address with octal parts', '0177.0.0.1'],
    ['a short address', '127.1'],
    ['full-width letters', 'ｋms.cn-hangzhou.aliyuncs.com'],
    ['an underscore', 'kms_x.aliyuncs.com'],
    ['a star', '*.aliyuncs.com'],
    ['an invalid port', 'kms.cn-hangzhou.aliyuncs.com:x'],
    ['an empty port', 'kms.cn-hangzhou.aliyuncs.com:'],
    ['port with a leading zero', 'kms.cn-hangzhou.aliyuncs.com:0443'],
    ['a port that is too high', 'kms.cn-hangzhou.aliyuncs.com:65536'],
    ['a host that is too long', `${'a.'.repeat(200)}com`],
  ])('refuses %s', (_rule, text) =>
    expect(() => parseEndpoint(text)).toThrowError(expect.objectContaining({ code: 'InvalidSpec' })),
  )
})
