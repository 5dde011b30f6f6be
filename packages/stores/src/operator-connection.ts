import { type BackendConnection, type BackendDriver, type CredentialProvider, defined } from '@ack-secret-manager/core'
import { endpointTarget } from './internal/connections/connection-target.ts'
import { Drivers } from './internal/connections/drivers.ts'
import type { StoreDefaults } from './store-types.ts'

/** Options of {@link operatorConnection}. */
export interface OperatorConnectionOptions extends Pick<StoreDefaults, 'region' | 'endpoints' | 'network' | 'proxy'> {
  readonly drivers: readonly BackendDriver[]
  /** Not closed with the connection. */
  readonly identity: CredentialProvider
}

/**
 * The connection of entries without a store, for a program that has no stores at all: the default endpoint of a provider, as `identity`.
 * The caller closes its backend.
 * @throws SecretSyncError `InvalidSpec` for a malformed region or endpoint, or a provider without a driver
 */
export function operatorConnection(
  provider: string,
  { drivers, identity, region, endpoints, network, proxy }: OperatorConnectionOptions,
): BackendConnection & { readonly endpoint: string } {
  const known = new Drivers(drivers, { region, ...defined({ endpoints, network }) })
  const endpoint = known.endpoint(provider)
  const at = { region, endpoint, provider: identity, ...defined({ proxy }) }
  return { ...endpointTarget(known.ofEndpoint(provider, endpoint), at).connect(), endpoint }
}
