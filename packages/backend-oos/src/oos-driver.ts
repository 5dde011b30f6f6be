import { parseEndpoint } from '@ack-secret-manager/alicloud-openapi'
import { defined, type EndpointDriver, type RamTarget } from '@ack-secret-manager/core'
import { oosConnection } from './oos-connection.ts'
import { defaultOosEndpoint } from './oos-endpoint.ts'

/** Encrypted parameters of Operation Orchestration Service. */
export const oosDriver: EndpointDriver = {
  kind: 'oos',
  provider: 'oos',
  allowedEndpoints: ['oos.*.aliyuncs.com', 'oos-vpc.*.aliyuncs.com'],
  defaultEndpoint: (region, { configured, network } = {}) =>
    parseEndpoint(configured ?? defaultOosEndpoint(region, network), {
      field: '--oos-endpoint',
      example: 'oos.cn-hangzhou.aliyuncs.com',
    }),
  connect: ({ region, endpoint, provider, proxy }: RamTarget) =>
    oosConnection({ region, endpoint, provider, ...defined({ proxy }) }),
}
