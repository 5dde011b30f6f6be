import { parseRegion } from '@ack-secret-manager/alicloud-openapi'

/**
 * VPC endpoint of KMS in a region. Alibaba Cloud KMS, "Endpoints".
 * @throws SecretSyncError `InvalidSpec`
 */
export function defaultKmsEndpoint(region: string): string {
  return `kms-vpc.${parseRegion(region)}.aliyuncs.com`
}
