import type { CredentialProvider, CredentialRefresh } from '@ack-secret-manager/core'
import type { KubeClient } from '@ack-secret-manager/k8s-client'
import {
  type NamespaceLabels,
  operatorIdentityFromEnvironment,
  operatorTokenFile,
  type ResolvePlugin,
  StoreRegistry,
  type StoreRegistryOptions,
} from '@ack-secret-manager/stores'
import type { Logger } from 'pino'
import type { OperatorConfig } from './config/operator-config.ts'
import { readSecretKey, readServiceAccount, requestToken } from './kube-credentials.ts'

/** What {@link createStores} works with. */
export interface CreateStoresOptions extends Pick<
  StoreRegistryOptions,
  'onRecheck' | 'onCallerIdentity' | 'onEndpointSlotFree' | 'onShareChange'
> {
  readonly config: OperatorConfig
  readonly client: KubeClient
  /** Environment of the process: the operator's own identity may be in it. */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly namespaceLabels: NamespaceLabels
  /** Makes backends of the packages that the operator was started with. */
  readonly resolvePlugin: ResolvePlugin
  readonly log: Pick<Logger, 'info'>
  /** Told of each finished renewal of a credential. */
  readonly onRefresh: (refresh: CredentialRefresh) => void
}

/**
 * The registry of stores, with the operator's own identity if its environment configures one.
 * @throws SecretSyncError `InvalidSpec` | `Unauthenticated` for an environment that contradicts itself
 */
export function createStores(options: CreateStoresOptions): StoreRegistry {
  const { config, client, env, namespaceLabels, resolvePlugin, onRefresh } = options
  const { onRecheck, onCallerIdentity, onEndpointSlotFree, onShareChange } = options
  const { region, enableWorkerRole } = config
  const endpoints = present({ stsEndpoint: config.stsEndpoint, metadataEndpoint: config.metadataEndpoint })
  const provider = present({ oidcProviderArn: config.oidcProviderArn })
  const identity = ownIdentity(config, env, (refresh) => {
    onRefresh(refresh)
    registry.refreshed(refresh)
  })
  options.log.info(
    identity ? { identity: identity.identity.description } : {},
    identity ? 'Operator identity configured' : 'No operator identity configured; each store needs its own credentials',
  )
  const registry = new StoreRegistry({
    defaults: {
      region,
      tokenFile: operatorTokenFile(env),
      ...endpoints,
      ...provider,
      ...present({ endpoint: config.kmsEndpoint, oosEndpoint: config.oosEndpoint, identity }),
    },
    readSecretKey: readSecretKey(client),
    readServiceAccount: readServiceAccount(client),
    requestToken: requestToken(client),
    namespaceLabels,
    resolvePlugin,
    clusterPluginsOnly: !config.namespacedPlugins,
    allowEndpoints: config.allowEndpoints,
    allowTokenPaths: config.allowTokenPaths,
    enableCrossNamespaceSecretStore: config.crossNamespaceSecretStore,
    enableCrossNamespaceAuthRef: config.crossNamespaceAuthRef,
    enableWorkerRole,
    operatorIdentityNamespaces: config.ownIdentityNamespaces,
    verifyIdentity: true,
    onRefresh,
    ...present({ onRecheck, onCallerIdentity, onEndpointSlotFree, onShareChange }),
  })
  return registry
}

/**
 * Refuses an environment that contradicts itself, before anything is served or asked.
 * @throws SecretSyncError `InvalidSpec` | `Unauthenticated`
 */
export async function validateOwnIdentity(config: OperatorConfig, env: CreateStoresOptions['env']): Promise<void> {
  await ownIdentity(config, env, () => undefined)?.close()
}

function ownIdentity(
  config: OperatorConfig,
  env: CreateStoresOptions['env'],
  onRefresh: (refresh: CredentialRefresh) => void,
): CredentialProvider | undefined {
  const { region, enableWorkerRole, stsEndpoint, metadataEndpoint, oidcProviderArn, ownIdentity: choice } = config
  return operatorIdentityFromEnvironment(env, {
    region,
    enableWorkerRole,
    onRefresh,
    ...present({ stsEndpoint, metadataEndpoint, oidcProviderArn, choice }),
  })
}

/** The members that are there: an absent option is not the same as an undefined one. */
function present<T extends object>(options: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }
}
