import { defined } from '@ack-secret-manager/core'
import type { FlagValues } from '@ack-secret-manager/command-line'
import type { KMS_FLAGS } from '../flags/shared-flags.ts'

/** Flags with endpoints. */
export type EndpointFlags = Pick<
  FlagValues<typeof KMS_FLAGS>,
  'region' | 'endpoint' | 'sts-endpoint' | 'oos-endpoint' | 'metadata-endpoint'
>

/** Endpoints of credential services. */
export interface CredentialEndpoints {
  readonly region: string
  readonly stsEndpoint?: string
  readonly metadataEndpoint?: string
}

/** Endpoints of all services. */
export interface ServiceEndpoints extends CredentialEndpoints {
  /** By provider. */
  readonly endpoints: Readonly<Record<string, string | undefined>>
}

/** Endpoints of credential services from the flags; absent if not set. */
export function credentialEndpoints(flags: Omit<EndpointFlags, 'endpoint' | 'oos-endpoint'>): CredentialEndpoints {
  // The simulator prints it as a URL.
  const metadataEndpoint = flags['metadata-endpoint']?.replace(/^http:\/\/([^/]+)\/?$/, '$1')
  const stsEndpoint = flags['sts-endpoint']
  return {
    region: flags.region,
    ...defined({ stsEndpoint, metadataEndpoint }),
  }
}

/** All endpoints from the flags; absent if not set. */
export function serviceEndpoints(flags: EndpointFlags): ServiceEndpoints {
  return { ...credentialEndpoints(flags), endpoints: { kms: flags.endpoint, oos: flags['oos-endpoint'] } }
}
