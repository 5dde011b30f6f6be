import type { FlagValues } from '../flags/flag.ts'
import type { KMS_FLAGS } from '../flags/shared-flags.ts'

/** Flags that say where services are. */
export type EndpointFlags = Pick<
  FlagValues<typeof KMS_FLAGS>,
  'region' | 'endpoint' | 'sts-endpoint' | 'oos-endpoint' | 'metadata-endpoint'
>

/** Where credentials come from. */
export interface CredentialEndpoints {
  readonly region: string
  readonly stsEndpoint?: string
  readonly metadataEndpoint?: string
}

/** Where secrets and their credentials come from. */
export interface ServiceEndpoints extends CredentialEndpoints {
  readonly endpoint?: string
  readonly oosEndpoint?: string
}

/** Where credentials come from, as the flags say; what they do not say is absent. */
export function credentialEndpoints(flags: Omit<EndpointFlags, 'endpoint' | 'oos-endpoint'>): CredentialEndpoints {
  // The simulator and curl users write it as URL.
  const metadataEndpoint = flags['metadata-endpoint']?.replace(/^http:\/\/([^/]+)\/?$/, '$1')
  const stsEndpoint = flags['sts-endpoint']
  return {
    region: flags.region,
    ...(stsEndpoint === undefined ? {} : { stsEndpoint }),
    ...(metadataEndpoint === undefined ? {} : { metadataEndpoint }),
  }
}

/** All endpoints, as the flags say; what they do not say is absent. */
export function serviceEndpoints(flags: EndpointFlags): ServiceEndpoints {
  const { endpoint, 'oos-endpoint': oosEndpoint } = flags
  return {
    ...credentialEndpoints(flags),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(oosEndpoint === undefined ? {} : { oosEndpoint }),
  }
}
