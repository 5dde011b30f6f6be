import { REGION_PATTERN, regionalEndpoint } from '@ack-secret-manager/alicloud-openapi'
import { type Network, SecretSyncError } from '@ack-secret-manager/core'

const REGION = new RegExp(`^${REGION_PATTERN}$`)

/** Settings of a program for Container Registry. */
export interface RegistryDefaults {
  /** The region that {@link registryEndpoint} is for. */
  readonly region: string
  /** @default that of the region and network */
  readonly registryEndpoint?: string | undefined
  /** @default 'vpc' */
  readonly network?: Network | undefined
}

/** Endpoint of Container Registry in a region. The configured one holds in its own region only. @throws SecretSyncError `InvalidSpec` */
export function registryEndpointIn(
  region: string,
  { region: own, registryEndpoint, network }: RegistryDefaults,
): string {
  if (region === own) return registryEndpoint ?? regionalEndpoint('cr', region, network)
  if (REGION.test(region)) return regionalEndpoint('cr', region, network)
  throw new SecretSyncError(
    'InvalidSpec',
    `region: expected a region id such as cn-hangzhou, got ${JSON.stringify(region)}`,
  )
}
