import { regionalEndpoint } from '@ack-secret-manager/alicloud-openapi'
import type { Network } from '@ack-secret-manager/core'

/**
 * Endpoint of OOS in a region. Alibaba Cloud OOS, "Endpoints".
 * @param network @default 'vpc'
 * @throws SecretSyncError `InvalidSpec` for a malformed region
 */
export function defaultOosEndpoint(region: string, network?: Network): string {
  return regionalEndpoint('oos', region, network)
}

/** The region of an endpoint; undefined if it is not a name of OOS. */
export function regionOf(endpoint: string): string | undefined {
  return /^oos(?:-vpc)?\.([a-z0-9-]+)\.aliyuncs\.com$/.exec(endpoint)?.[1]
}
