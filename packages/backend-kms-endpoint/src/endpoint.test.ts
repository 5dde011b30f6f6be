import { describe, expect, it } from 'vitest'
import { defaultKmsEndpoint } from './endpoint.ts'

describe('defaultKmsEndpoint', () => {
  it('is the public endpoint outside a VPC', () =>
    expect(defaultKmsEndpoint('cn-hangzhou', 'public')).toBe('kms.cn-hangzhou.aliyuncs.com'))
  it('is the VPC endpoint', () => expect(defaultKmsEndpoint('cn-hangzhou')).toBe('kms-vpc.cn-hangzhou.aliyuncs.com'))

  it.each(['', 'CN-HANGZHOU', 'cn-hangzhou.evil.example/', '../x', 'c'])('refuses the region %j', (region) =>
    expect(() => defaultKmsEndpoint(region)).toThrowError(expect.objectContaining({ code: 'InvalidSpec' })),
  )
})
