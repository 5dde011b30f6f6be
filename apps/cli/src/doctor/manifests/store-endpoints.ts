import type { Network } from '@ack-secret-manager/core'
import { storeServiceOf } from '@ack-secret-manager/resources'
import type { StoreResource } from '@ack-secret-manager/stores'
import { DRIVERS } from '../../drivers.ts'

const INSTANCE = /^(?:(kst-[a-z0-9-]+)(?:\.cryptoservice\.kms\.aliyuncs\.com(?::\d+)?)?)$/

/** Where the stores without an endpoint read. */
export interface EndpointDefaults {
  readonly region: string
  readonly network: Network
  /** By provider. */
  readonly endpoints: Readonly<Record<string, string | undefined>>
  /** `--allow-endpoint`, without patterns. */
  readonly allowed: readonly string[]
}

/** The endpoint of a store that every machine can try to reach. */
export interface StoreEndpoint {
  /** `KMS`, `OOS` */
  readonly service: string
  readonly endpoint: string
}

/**
 * The public or VPC endpoint that a store reads from. Undefined for packages, for instances, whose certificates the check of the store
 * verifies, and for endpoints that the store may not name: nothing is sent there.
 */
export function storeEndpoint({ spec }: StoreResource, defaults: EndpointDefaults): StoreEndpoint | undefined {
  const service = storeServiceOf(spec)
  if (service.kind === 'package' || service.driver !== undefined) return undefined
  const { provider, endpoint: own, region = defaults.region } = service
  if (own !== undefined) {
    const isAllowed = own.endsWith('.aliyuncs.com') || defaults.allowed.includes(own)
    return isAllowed && !INSTANCE.test(own) ? { service: provider.toUpperCase(), endpoint: own } : undefined
  }
  const endpoint = defaultEndpoint(provider, region, defaults)
  return endpoint === undefined ? undefined : { service: provider.toUpperCase(), endpoint }
}

/** Endpoint of a provider in a region, as stores without one use it. */
export function defaultEndpoint(
  provider: string,
  region: string,
  { region: own, network, endpoints }: EndpointDefaults,
): string | undefined {
  const configured = region === own ? endpoints[provider] : undefined
  const found = DRIVERS.flatMap((driver): string[] => {
    if (driver.provider !== provider) return []
    return [driver.defaultEndpoint?.(region, { configured, network })].filter((endpoint) => endpoint !== undefined)
  })
  return found[0]
}

/** Id of the KMS instance that a store reads from. */
export function instanceOf({ spec }: StoreResource): string | undefined {
  const service = storeServiceOf(spec)
  return service.kind === 'package' ? undefined : INSTANCE.exec(service.endpoint ?? '')?.[1]
}
