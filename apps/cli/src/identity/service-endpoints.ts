import { defaultKmsEndpoint } from '@ack-secret-manager/backend-kms-endpoint'
import { defined, type Network, type ProxyRoutes } from '@ack-secret-manager/core'
import type { FlagValues } from '@ack-secret-manager/command-line'
import type { CLOUD_FLAGS, GENERATE_FLAGS, KMS_FLAGS } from '../flags/shared-flags.ts'

/** Flags with the endpoints of credential services. */
export type CredentialFlags = Pick<
  FlagValues<typeof CLOUD_FLAGS>,
  'network' | 'endpoint' | 'sts-endpoint' | 'metadata-endpoint'
>

/** The region of a command, and the proxies of its environment. */
export interface Location {
  readonly region: string
  readonly proxy?: ProxyRoutes | undefined
}

/** Endpoints of credential services; absent if not set. */
export interface CredentialEndpoints {
  readonly region: string
  readonly network: Network
  readonly proxy?: ProxyRoutes
  readonly stsEndpoint?: string
  readonly metadataEndpoint?: string
}

/** Endpoints of all services. */
export interface ServiceEndpoints extends CredentialEndpoints {
  /** By provider. */
  readonly endpoints: Readonly<Record<string, string | undefined>>
  readonly registryEndpoint?: string
}

/** Endpoints of credential services from the flags. */
export function credentialEndpoints(flags: CredentialFlags, { region, proxy }: Location): CredentialEndpoints {
  const stsEndpoint = flags['sts-endpoint']
  return {
    region,
    network: flags.network,
    ...defined({ proxy, stsEndpoint, metadataEndpoint: metadataEndpointOf(flags) }),
  }
}

/** `HOST[:PORT]` of the metadata service. The simulator prints it as a URL. */
export function metadataEndpointOf(flags: Pick<CredentialFlags, 'metadata-endpoint'>): string | undefined {
  return flags['metadata-endpoint']?.replace(/^http:\/\/([^/]+)\/?$/, '$1')
}

/** All endpoints from the flags. */
export function serviceEndpoints(
  flags: CredentialFlags &
    Pick<FlagValues<typeof KMS_FLAGS>, 'oos-endpoint'> &
    Partial<FlagValues<typeof GENERATE_FLAGS>>,
  location: Location,
): ServiceEndpoints {
  return {
    ...credentialEndpoints(flags, location),
    endpoints: { kms: flags.endpoint, oos: flags['oos-endpoint'] },
    ...defined({ registryEndpoint: flags['registry-endpoint'] }),
  }
}

/** The KMS endpoint of a command that uses no store. */
export function kmsEndpointOf({ endpoint, network }: CredentialFlags, region: string): string {
  return endpoint ?? defaultKmsEndpoint(region, network)
}
