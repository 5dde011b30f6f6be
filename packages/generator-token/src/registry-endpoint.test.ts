import { expect, it } from 'vitest'
import { registryEndpointIn } from './registry-endpoint.ts'

const OWN = { region: 'cn-hangzhou', registryEndpoint: 'cr.example.com:8443' }

it.each([
  ['cn-hangzhou', OWN, 'cr.example.com:8443'],
  ['cn-beijing', OWN, 'cr-vpc.cn-beijing.aliyuncs.com'],
  ['cn-beijing', { ...OWN, network: 'public' }, 'cr.cn-beijing.aliyuncs.com'],
  ['cn-hangzhou', { region: 'cn-hangzhou' }, 'cr-vpc.cn-hangzhou.aliyuncs.com'],
] as const)('the endpoint of %s with %j is %s', (region, defaults, endpoint) => {
  expect(registryEndpointIn(region, defaults)).toBe(endpoint)
})

it.each(['evil.com/', 'oss-cn-hangzhou', 'img-cn-hangzhou', 'vpc100-oss-cn-hangzhou', 's3-cn-hangzhou', 'oss'])(
  'refuses %s, with which the name would be that of a bucket or of no service',
  (region) => {
    expect(() => registryEndpointIn(region, OWN)).toThrow(expect.objectContaining({ code: 'InvalidSpec' }))
  },
)
