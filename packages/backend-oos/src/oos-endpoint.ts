import { parseRegion } from '@ack-secret-manager/alicloud-openapi'

/**
 * VPC endpoint of OOS in a region. Alibaba Cloud OOS, "Endpoints".
 * @throws SecretSyncError `InvalidSpec` for a malformed region
 */
export function defaultOosEndpoint(region: string): string {
  return `oos-vpc.${parseRegion(region)}.aliyuncs.com`
}

/** The region of an endpoint; undefined if it is not a name of OOS. */
export function regionOf(endpoint: string): string | undefined {
  return /^oos(?:-vpc)?\.([a-z0-9-]+)\.aliyuncs\.com$/.exec(endpoint)?.[1]
}
