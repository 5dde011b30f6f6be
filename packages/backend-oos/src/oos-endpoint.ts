import { parseRegion } from '@ack-secret-manager/alicloud-openapi'

/**
 * Host name under which a region's OOS is reached from inside its VPCs. Alibaba Cloud OOS, "Endpoints".
 * @throws SecretSyncError `InvalidSpec` for a malformed region
 */
export function defaultOosEndpoint(region: string): string {
  return `oos-vpc.${parseRegion(region)}.aliyuncs.com`
}

/** The region that an endpoint belongs to, as far as it is one of OOS's own names. */
export function regionOf(endpoint: string): string | undefined {
  return /^oos(?:-vpc)?\.([a-z0-9-]+)\.aliyuncs\.com$/.exec(endpoint)?.[1]
}
