import { regionalEndpoint } from '@ack-secret-manager/alicloud-openapi'
import type { Network } from '@ack-secret-manager/core'

/**
 * Endpoint of KMS in a region. Alibaba Cloud KMS, "Endpoints".
 * @param network @default 'vpc'
 * @throws SecretSyncError `InvalidSpec`
 */
export function defaultKmsEndpoint(region: string, network?: Network): string {
  return regionalEndpoint('kms', region, network)
}
