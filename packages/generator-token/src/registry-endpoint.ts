import { regionalEndpoint } from '@ack-secret-manager/alicloud-openapi'
import type { Network } from '@ack-secret-manager/core'

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
  const configured = region === own ? registryEndpoint : undefined
  return configured ?? regionalEndpoint('cr', region, network)
}
