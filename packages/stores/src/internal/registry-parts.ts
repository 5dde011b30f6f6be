import { type CallerIdentity, defaultStsEndpoint, parseEndpoint } from '@ack-secret-manager/alicloud-openapi'
import { defined, type Identity, systemClock } from '@ack-secret-manager/core'
import { DEFAULT_TOKEN_FILE } from '../operator-identity.ts'
import type { StoreDefaults, StoreRegistryOptions } from '../store-types.ts'
import { CallerIdentities } from './validation/caller-identities.ts'
import { ClientKeys } from './credentials/client-keys.ts'
import { ConnectionPool } from './connections/connection-pool.ts'
import { Drivers } from './connections/drivers.ts'
import { EndpointAllowList } from './admission/endpoint-allow-list.ts'
import { EndpointQuota } from './connections/endpoint-quota.ts'
import { IdentityBuilder } from './credentials/identity-builder.ts'
import type { CredentialState } from './connections/live-connection.ts'
import { OperatorIdentityPolicy } from './credentials/operator-identity-policy.ts'
import { CredentialValidator } from './validation/credential-validator.ts'
import { SecretShares } from './admission/secret-shares.ts'
import { StoreClientBuilder } from './clients/store-client-builder.ts'
import type { EntryContext } from './store-entry.ts'
import { TokenPaths } from './credentials/token-paths.ts'

export interface RegistryParts {
  readonly drivers: Drivers
  readonly pool: ConnectionPool
  readonly clientKeys: ClientKeys
  readonly builder: StoreClientBuilder
  readonly identityPolicy: OperatorIdentityPolicy
  readonly callers: CallerIdentities | undefined
  readonly validator: CredentialValidator
  readonly endpointQuota: EndpointQuota
  readonly shares: SecretShares
  readonly entryContext: EntryContext
}

/** Callbacks from the components to the registry. */
export interface RegistryEvents {
  readonly onCredentialState: (target: string, state: CredentialState) => void
  readonly onRefresh: StoreRegistryOptions['onRefresh']
}

/** The STS endpoint of all regions; undefined for the VPC endpoint of the region. @throws SecretSyncError `InvalidSpec` */
function stsEndpointOf({ region, network, stsEndpoint }: StoreDefaults): string | undefined {
  if (stsEndpoint !== undefined) return parseEndpoint(stsEndpoint, { field: '--sts-endpoint' })
  return network === 'public' ? defaultStsEndpoint(region, network) : undefined
}

/** Creates and connects the components of a registry. @throws SecretSyncError `InvalidSpec` for a malformed default, pattern or path */
export function registryParts(
  options: StoreRegistryOptions,
  { onCredentialState, onRefresh }: RegistryEvents,
): RegistryParts {
  const { defaults, allowEndpoints = [], clock = systemClock } = options
  const drivers = new Drivers(options.drivers, defaults)
  const allowList = new EndpointAllowList(drivers.allowedEndpoints, [...allowEndpoints, ...drivers.endpoints.values()])
  const { region, registryEndpoint, tokenFile = DEFAULT_TOKEN_FILE } = defaults
  if (registryEndpoint !== undefined) parseEndpoint(registryEndpoint, { field: '--registry-endpoint' })
  const sts = { region, ...defined({ stsEndpoint: stsEndpointOf(defaults), proxy: defaults.proxy }) }
  const pool = new ConnectionPool({ clock, onCredentialState })
  const endpointQuota = new EndpointQuota(pool, (namespace) => options.onEndpointSlotFree?.(namespace))
  const shares = new SecretShares((change) => options.onShareChange?.(change))
  const onVerified = ({ account }: Identity, caller: CallerIdentity): void =>
    options.onCallerIdentity?.(account, caller)
  const callers = options.verifyIdentity === true ? new CallerIdentities({ sts, clock, onVerified }) : undefined
  const identityPolicy = new OperatorIdentityPolicy(defaults.identity, options.operatorIdentityNamespaces)
  const tokenPaths = new TokenPaths(options.allowTokenPaths)
  const { readSecretKey, readServiceAccount, requestToken, namespaceLabels } = options
  const allowOtherNamespaces = options.enableCrossNamespaceAuthRef === true
  const identities = new IdentityBuilder({
    pool,
    sts,
    metadataEndpoint: defaults.metadataEndpoint,
    enableWorkerRole: options.enableWorkerRole === true,
    identityPolicy,
    oidcProviderArn: defaults.oidcProviderArn,
    tokenFile,
    tokenPaths,
    readSecretKey,
    readServiceAccount,
    requestToken,
    onRefresh,
    clock,
  })
  const clientKeys = new ClientKeys({ pool, clock, serverTimeMs: options.serverTimeMs })
  const builder = new StoreClientBuilder({
    pool,
    clientKeys,
    endpointQuota,
    allowList,
    drivers,
    proxy: defaults.proxy,
    identities,
    readSecretKey,
    clusterPluginsOnly: options.clusterPluginsOnly === true,
    enableCrossNamespaceAuthRef: allowOtherNamespaces,
  })
  const validator = new CredentialValidator({ callers })
  const entryContext: EntryContext = {
    labelsOf: namespaceLabels,
    allowOtherNamespaces,
    tokenFileOf: (namespace, path = tokenFile) =>
      identityPolicy.allows(namespace) && (path === tokenFile || tokenPaths.allows(path)) ? path : undefined,
  }
  return { drivers, pool, clientKeys, builder, identityPolicy, callers, validator, endpointQuota, shares, entryContext }
}
