import { proxyName, proxyRoutesOf, proxyServerOf } from '@ack-secret-manager/alicloud-openapi'
import { type CredentialProvider, type CredentialRefresh, defined, SecretSyncError } from '@ack-secret-manager/core'
import type { KubeClient } from '@ack-secret-manager/k8s-client'
import {
  asOperator,
  kubeCredentialReader,
  type NamespaceLabels,
  OPERATOR_IDENTITY_HINT,
  operatorIdentityFromEnvironment,
  operatorTokenFile,
  StoreRegistry,
  type StoreRegistryOptions,
} from '@ack-secret-manager/stores'
import type { Logger } from 'pino'
import type { OperatorConfig } from './config/operator-config.ts'

export interface CreateStoresOptions extends Pick<
  StoreRegistryOptions,
  'drivers' | 'onRecheck' | 'onCallerIdentity' | 'onEndpointSlotFree' | 'onShareChange' | 'onTokenCall'
> {
  readonly config: OperatorConfig
  readonly client: KubeClient
  /** Environment of the process, which may configure the operator identity. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** Undefined if namespaces are not watched. */
  readonly namespaceLabels: NamespaceLabels | undefined
  readonly log: Pick<Logger, 'info'>
  /** A credential of a store was refreshed. */
  readonly onRefresh: (refresh: CredentialRefresh) => void
  /** A credential of the operator identity was refreshed. */
  readonly onOperatorRefresh: (refresh: CredentialRefresh) => void
}

/**
 * Creates the store registry, with the operator identity if the environment configures one.
 * @throws SecretSyncError `InvalidSpec` | `Unauthenticated` for a contradictory environment
 */
export function createStores(options: CreateStoresOptions): StoreRegistry {
  const { config, client, env, namespaceLabels, drivers, onRefresh, onOperatorRefresh } = options
  const { onRecheck, onCallerIdentity, onEndpointSlotFree, onShareChange, onTokenCall } = options
  const { region, enableWorkerRole, stsEndpoint, registryEndpoint, metadataEndpoint, oidcProviderArn } = config
  const identity = operatorIdentity(config, env, (refresh) => {
    onOperatorRefresh(refresh)
    registry.refreshed(refresh)
  })
  options.log.info(
    identity ? { identity: identity.identity.description } : {},
    identity ? 'Operator identity configured' : 'No operator identity configured; each store needs its own credentials',
  )
  const proxy = proxyServerOf(env)
  if (proxy !== undefined) options.log.info({ proxy: proxyName(proxy) }, 'Alibaba Cloud is reached through a proxy')
  const registry = new StoreRegistry({
    drivers,
    defaults: {
      region,
      tokenFile: operatorTokenFile(env),
      endpoints: config.endpoints,
      ...defined({ stsEndpoint, registryEndpoint, metadataEndpoint, oidcProviderArn, identity }),
      ...defined({ proxy: proxyRoutesOf(env) }),
    },
    ...kubeCredentialReader(client, asOperator),
    clusterPluginsOnly: !config.namespacedPlugins,
    allowEndpoints: config.allowEndpoints,
    allowTokenPaths: config.allowTokenPaths,
    enableCrossNamespaceSecretStore: config.crossNamespaceSecretStore,
    enableCrossNamespaceAuthRef: config.crossNamespaceAuthRef,
    enableWorkerRole,
    operatorIdentityNamespaces: config.ownIdentityNamespaces,
    verifyIdentity: true,
    onRefresh,
    ...defined({ namespaceLabels, onRecheck, onCallerIdentity, onEndpointSlotFree, onShareChange, onTokenCall }),
  })
  return registry
}

/**
 * Rejects a contradictory environment before the operator serves or requests anything.
 * @throws SecretSyncError `InvalidSpec` | `Unauthenticated`
 */
export async function validateOperatorIdentity(config: OperatorConfig, env: CreateStoresOptions['env']): Promise<void> {
  const identity = operatorIdentity(config, env, () => undefined)
  if (identity === undefined && config.hintQueue !== undefined) {
    const message = `--hint-queue needs an operator identity, but none is configured: ${OPERATOR_IDENTITY_HINT}`
    throw new SecretSyncError('InvalidSpec', message)
  }
  await identity?.close()
}

/** The operator identity; undefined if the environment configures none. @throws SecretSyncError `InvalidSpec` | `Unauthenticated` */
export function operatorIdentity(
  config: OperatorConfig,
  env: CreateStoresOptions['env'],
  onRefresh: (refresh: CredentialRefresh) => void,
): CredentialProvider | undefined {
  const { region, enableWorkerRole, stsEndpoint, metadataEndpoint, oidcProviderArn, ownIdentity: choice } = config
  return operatorIdentityFromEnvironment(env, {
    region,
    enableWorkerRole,
    onRefresh,
    ...defined({ stsEndpoint, metadataEndpoint, oidcProviderArn, choice, proxy: proxyRoutesOf(env) }),
  })
}
