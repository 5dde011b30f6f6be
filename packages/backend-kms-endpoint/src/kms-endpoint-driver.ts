import { parseEndpoint } from '@ack-secret-manager/alicloud-openapi'
import { defined, type EndpointDriver, type RamTarget } from '@ack-secret-manager/core'
import { defaultKmsEndpoint } from './endpoint.ts'
import { kmsEndpointConnection } from './kms-endpoint-connection.ts'

/** KMS at the endpoint of a region. */
export const kmsEndpointDriver: EndpointDriver = {
  kind: 'kms-endpoint',
  provider: 'kms',
  allowedEndpoints: ['kms.*.aliyuncs.com', 'kms-vpc.*.aliyuncs.com'],
  defaultEndpoint: (region, { configured, network } = {}) =>
    parseEndpoint(configured ?? defaultKmsEndpoint(region, network)),
  connect: ({ region, endpoint, provider, proxy }: RamTarget) =>
    kmsEndpointConnection({ region, endpoint, provider, ...defined({ proxy }) }),
}
