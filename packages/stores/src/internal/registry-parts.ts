import { type CallerIdentity, parseEndpoint } from '@ack-secret-manager/alicloud-openapi'
import { type Identity, systemClock } from '@ack-secret-manager/core'
import { EndpointAllowList } from '../endpoint-allow-list.ts'
import { DEFAULT_TOKEN_FILE } from '../operator-identity.ts'
import type { StoreRegistryOptions } from '../store-types.ts'
import { CallerIdentities } from './validation/caller-identities.ts'
import { ClientKeys } from './credentials/client-keys.ts'
import { ConnectionPool } from './connections/connection-pool.ts'
import { connect } from './connections/connection-target.ts'
import { DefaultEndpoints } from './connections/default-endpoints.ts'
import { ExtraEndpoints } from './connections/endpoint-quota.ts'
import { IdentityBuilder } from './credentials/identity-builder.ts'
import type { Standing } from './connections/live-connection.ts'
import { OwnLending } from './credentials/operator-identity-policy.ts'
import { Prover } from './validation/credential-validator.ts'
import { SecretShares } from './admission/secret-shares.ts'
import { StoreBuilder } from './clients/store-client-builder.ts'
import type { EntryContext } from './store-entry.ts'
import { TokenPaths } from './credentials/token-paths.ts'

/** What a registry is made of. */
export interface RegistryParts {
  readonly pool: ConnectionPool
  readonly clientKeys: ClientKeys
  readonly builder: StoreBuilder
  readonly lending: OwnLending
  readonly callers: CallerIdentities | undefined
  readonly prover: Prover
  readonly extraEndpoints: ExtraEndpoints
  readonly shares: SecretShares
  readonly entryContext: EntryContext
}

/** What its parts tell a registry. */
export interface RegistryEvents {
  readonly onStanding: (target: string, standing: Standing) => void
  readonly onRefresh: StoreRegistryOptions['onRefresh']
}

/** Makes the parts of a registry and connects them. @throws SecretSyncError `InvalidSpec` for a malformed default, pattern or path */
export function registryParts(options: StoreRegistryOptions, { onStanding, onRefresh }: RegistryEvents): RegistryParts {
  const { defaults, allowEndpoints = [], backendFactory, clock = systemClock } = options
  const endpoints = new DefaultEndpoints(defaults)
  const allowList = new EndpointAllowList([...allowEndpoints, ...endpoints.all])
  const { region, stsEndpoint, tokenFile = DEFAULT_TOKEN_FILE } = defaults
  const sts = {
    region,
    ...(stsEndpoint === undefined ? {} : { stsEndpoint: parseEndpoint(stsEndpoint, { field: '--sts-endpoint' }) }),
  }
  const pool = new ConnectionPool({ factory: backendFactory ?? connect, clock, onStanding })
  const extraEndpoints = new ExtraEndpoints(pool, (namespace) => options.onPlaceFree?.(namespace))
  const shares = new SecretShares((change) => options.onShareChange?.(change))
  const onKnown = ({ account }: Identity, caller: CallerIdentity): void => options.onCaller?.(account, caller)
  const callers = options.askWho === true ? new CallerIdentities({ sts, clock, onKnown }) : undefined
  const lending = new OwnLending(defaults.identity, options.ownIdentityNamespaces)
  const tokenPaths = new TokenPaths(options.allowTokenPaths)
  const { readSecretKey, readServiceAccount, requestToken, resolvePlugin, namespaceLabels } = options
  const allowOtherNamespaces = options.enableCrossNamespaceAuthRef === true
  const identities = new IdentityBuilder({
    pool,
    sts,
    metadataEndpoint: defaults.metadataEndpoint,
    enableWorkerRole: options.enableWorkerRole === true,
    lending,
    oidcProviderArn: defaults.oidcProviderArn,
    tokenFile,
    tokenPaths,
    readSecretKey,
    readServiceAccount,
    requestToken,
    onRefresh,
  })
  const clientKeys = new ClientKeys({ pool, clock })
  const builder = new StoreBuilder({
    pool,
    clientKeys,
    extraEndpoints,
    allowList,
    endpoints,
    identities,
    readSecretKey,
    resolvePlugin,
    clusterPluginsOnly: options.clusterPluginsOnly === true,
    enableCrossNamespaceAuthRef: allowOtherNamespaces,
  })
  const prover = new Prover({ callers, reachesInstances: backendFactory === undefined })
  const entryContext: EntryContext = {
    labelsOf: namespaceLabels ?? (() => undefined),
    allowOtherNamespaces,
    tokenFileOf: (namespace, path = tokenFile) =>
      lending.admits(namespace) && (path === tokenFile || tokenPaths.admits(path)) ? path : undefined,
  }
  return { pool, clientKeys, builder, lending, callers, prover, extraEndpoints, shares, entryContext }
}
