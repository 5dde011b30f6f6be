import { type BindAddress, type FlagValues, typedText, UsageError } from '@ack-secret-manager/command-line'
import type { OperatorIdentityChoice } from '@ack-secret-manager/stores'
import { FLAGS } from './flags.ts'
import { type HintQueueConfig, hintQueueOf, type HintTargetConfig, hintTargetOf } from './hint-config.ts'

/** Configuration of the operator. Times are in milliseconds. */
export interface OperatorConfig {
  readonly region: string
  /** Default endpoints of stores, by provider. */
  readonly endpoints: Readonly<Record<string, string | undefined>>
  readonly allowEndpoints: readonly string[]
  readonly stsEndpoint: string | undefined
  /** Container Registry in the default region. */
  readonly registryEndpoint: string | undefined
  /** Host, or host and port, of the ECS metadata service. */
  readonly metadataEndpoint: string | undefined
  readonly enableWorkerRole: boolean
  /** Undefined: the one that is configured. */
  readonly ownIdentity: OperatorIdentityChoice | undefined
  /** Namespace names; `*` matches any characters. */
  readonly ownIdentityNamespaces: readonly string[]
  readonly allowTokenPaths: readonly string[]
  /** Packages that stores may use in `spec.plugin`. */
  readonly backendPackages: readonly string[]
  readonly pluginDirs: readonly string[]
  /** OIDC provider of the cluster, if cluster and account are set. */
  readonly oidcProviderArn: string | undefined
  readonly clusterSecretStores: boolean
  readonly clusterExternalSecrets: boolean
  readonly pushSecrets: boolean
  readonly namespacedPlugins: boolean
  readonly pollingIntervalMs: number
  readonly disablePolling: boolean
  /** Undefined: no queue. */
  readonly hintQueue: HintQueueConfig | undefined
  /** Undefined: no HTTP target. */
  readonly hintTarget: HintTargetConfig | undefined
  /** Delete Secrets whose source secrets were all deleted. */
  readonly cleanupSecretOnFailure: boolean
  readonly watchNamespaces: readonly string[]
  readonly excludeNamespaces: readonly string[]
  readonly crossNamespaceSecretStore: boolean
  readonly crossNamespaceAuthRef: boolean
  /** 0 disables the limit. */
  readonly kmsQps: number
  /** Undefined: every secret is read alone. */
  readonly kmsBatchCost: number | undefined
  readonly maxConcurrentReads: number
  /** Memory for the lists of all stores. */
  readonly listMemoryMib: number
  readonly concurrency: number
  readonly leaderElect: boolean
  readonly leaderElectionNamespace: string | undefined
  readonly leaseName: string
  /** Number of replicas that share the work. */
  readonly shards: number
  /** The flags that select the resources and name their domains. Replicas that share the work have the same ones. */
  readonly scope: string
  readonly leaseDurationMs: number
  readonly metricsAddress: BindAddress | undefined
  readonly metricsPerResource: boolean
  readonly healthAddress: BindAddress | undefined
  readonly kubeconfig: string | undefined
  /** `auto`: text on a terminal. */
  readonly logFormat: 'auto' | 'json' | 'text'
  readonly logLevel: string
}

/** The configuration that flags give. @throws UsageError for flags that contradict each other */
export function operatorConfig(values: FlagValues<typeof FLAGS>): OperatorConfig {
  const both = values['watch-namespaces'].find((namespace) => values['exclude-namespaces'].includes(namespace))
  if (both !== undefined) {
    throw new UsageError(
      `--exclude-namespaces ${both}: the namespace is also in --watch-namespaces; remove it from one of them`,
    )
  }
  if (values['own-identity'] === 'worker-role' && !values['enable-worker-role']) {
    throw new UsageError('--own-identity worker-role: requires --enable-worker-role')
  }
  const { shards } = values
  if (shards > 1 && !values['leader-elect']) {
    throw new UsageError(`--shards ${shards}: requires --leader-elect, because each shard has a Lease`)
  }
  return {
    region: values.region,
    endpoints: { kms: values['kms-endpoint'], oos: values['oos-endpoint'] },
    allowEndpoints: values['allow-endpoint'],
    stsEndpoint: values['sts-endpoint'],
    registryEndpoint: values['registry-endpoint'],
    metadataEndpoint: values['metadata-endpoint']?.replace(/^http:\/\/([^/]+)\/?$/, '$1'),
    enableWorkerRole: values['enable-worker-role'],
    ownIdentity: values['own-identity'],
    ownIdentityNamespaces: values['own-identity-namespaces'],
    allowTokenPaths: values['allow-token-path'],
    backendPackages: values['backend-package'],
    pluginDirs: values['plugin-dir'],
    oidcProviderArn: oidcProviderArn(values.uid, values['cluster-id']),
    clusterSecretStores: values['process-cluster-secret-store'],
    clusterExternalSecrets: values['process-cluster-external-secret'],
    pushSecrets: values['process-push-secret'],
    namespacedPlugins: values['allow-namespaced-plugins'],
    pollingIntervalMs: values['polling-interval'],
    disablePolling: values['disable-polling'],
    hintQueue: hintQueueOf(values),
    hintTarget: hintTargetOf(values),
    cleanupSecretOnFailure: values['cleanup-secret-on-failure'],
    watchNamespaces: values['watch-namespaces'],
    excludeNamespaces: values['exclude-namespaces'],
    crossNamespaceSecretStore: values['enable-cross-namespace-secret-store'],
    crossNamespaceAuthRef: values['enable-cross-namespace-auth-ref'],
    kmsQps: values['kms-qps'],
    kmsBatchCost: values['kms-batch'] ? values['kms-batch-cost'] : undefined,
    maxConcurrentReads: values['max-concurrent-kms-secret-pulls'],
    listMemoryMib: values['list-memory-mib'],
    // A namespace may use half of the workers, but all of one. Its reads may hang.
    concurrency: Math.max(2, values.concurrency),
    leaderElect: values['leader-elect'],
    leaderElectionNamespace: values['leader-election-namespace'],
    leaseName: values['lease-name'],
    shards,
    scope: scopeOf(values),
    leaseDurationMs: values['lease-duration'],
    metricsAddress: values['metrics-bind-address'] ?? undefined,
    metricsPerResource: values['metrics-per-resource'],
    healthAddress: values['health-probe-bind-address'] ?? undefined,
    kubeconfig: values.kubeconfig,
    logFormat: values['log-format'],
    logLevel: values['log-level'],
  }
}

/** The OIDC provider that ACK creates for a cluster with RRSA. */
function oidcProviderArn(account: string | undefined, clusterId: string | undefined): string | undefined {
  if (account === undefined) {
    if (clusterId === undefined) return undefined
    throw new UsageError(`--cluster-id ${typedText(clusterId, 'names')}: set --uid as well`)
  }
  if (clusterId === undefined) throw new UsageError(`--uid ${typedText(account, 'quantity')}: set --cluster-id as well`)
  return `acs:ram::${account}:oidc-provider/ack-rrsa-${clusterId}`
}

/** Flags with the same effect in all replicas that share the work. */
const SCOPE = [
  'region',
  'watch-namespaces',
  'exclude-namespaces',
  'process-cluster-secret-store',
  'process-cluster-external-secret',
  'process-push-secret',
] as const

/** As on a command line. Lists are sorted and empty ones left out, because they mean the same. */
function scopeOf(values: FlagValues<typeof FLAGS>): string {
  return SCOPE.flatMap((name) => {
    const value = values[name]
    const text = typeof value === 'object' ? [...new Set(value)].sort().join(',') : `${value}`
    const isDefault = name !== 'region' && (text === '' || ('default' in FLAGS[name] && text === FLAGS[name].default))
    return isDefault ? [] : [`--${name}=${text}`]
  }).join(' ')
}
