import { parseRegion } from '@ack-secret-manager/alicloud-openapi'

/**
 * Host name under which a region's KMS is reached from inside its VPCs. Alibaba Cloud KMS, "Endpoints".
 * @throws SecretSyncError `InvalidSpec`
 */
export function defaultKmsEndpoint(region: string): string {
  return `kms-vpc.${parseRegion(region)}.aliyuncs.com`
}
