import { typedText } from '@ack-secret-manager/command-line'
import type { OperatorIdentityChoice } from '@ack-secret-manager/stores'
import { type BindAddress, flagValue, type FlagValues } from './flag-value.ts'
import { type Flag, FLAGS, type FlagName } from './flags.ts'
import type { RawFlags } from './parse-flags.ts'
import { UsageError } from './usage-error.ts'

/** Configuration of the operator. Times are in milliseconds. */
export interface OperatorConfig {
  readonly region: string
  readonly kmsEndpoint: string | undefined
  readonly allowEndpoints: readonly string[]
  readonly stsEndpoint: string | undefined
  readonly oosEndpoint: string | undefined
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
  readonly namespacedPlugins: boolean
  readonly pollingIntervalMs: number
  readonly disablePolling: boolean
  /** Delete Secrets whose source secrets were all deleted. */
  readonly cleanupSecretOnFailure: boolean
  readonly watchNamespaces: readonly string[]
  readonly excludeNamespaces: readonly string[]
  readonly crossNamespaceSecretStore: boolean
  readonly crossNamespaceAuthRef: boolean
  /** 0 disables the limit. */
  readonly kmsQps: number
  readonly maxConcurrentReads: number
  readonly concurrency: number
  readonly leaderElect: boolean
  readonly leaderElectionNamespace: string | undefined
  readonly leaseName: string
  readonly leaseDurationMs: number
  readonly metricsAddress: BindAddress | undefined
  readonly metricsPerResource: boolean
  readonly healthAddress: BindAddress | undefined
  readonly kubeconfig: string | undefined
  readonly logFormat: 'json' | 'text'
  readonly logLevel: string
}

/** Value of a flag; undefined only where it has no default. */
type ConfigValue<N extends FlagName> =
  | FlagValues[(typeof FLAGS)[N]['kind']]
  | ((typeof FLAGS)[N] extends { readonly default: string } ? never : undefined)

/** Parses flag values into a configuration. @throws UsageError with the flag and the value */
export function operatorConfig({ values }: RawFlags): OperatorConfig {
  const read = <N extends FlagName>(name: N): ConfigValue<N> => {
    const text = values.get(name)
    const flag: Flag = FLAGS[name]
    // The table of flags says which kind has which value, and `parseFlags` fills in every default.
    return (text === undefined ? undefined : flagValue(name, flag, text)) as ConfigValue<N>
  }
  const watchNamespaces = read('watch-namespaces') ?? []
  const excludeNamespaces = read('exclude-namespaces') ?? []
  const both = watchNamespaces.find((namespace) => excludeNamespaces.includes(namespace))
  if (both !== undefined) {
    throw new UsageError(
      `--exclude-namespaces ${both}: the namespace is also in --watch-namespaces; remove it from one of them`,
    )
  }
  read('backend')
  const ownIdentity = read('own-identity') as OperatorIdentityChoice | undefined
  if (ownIdentity === 'worker-role' && !read('enable-worker-role')) {
    throw new UsageError('--own-identity worker-role: requires --enable-worker-role')
  }
  return {
    region: read('region'),
    kmsEndpoint: read('kms-endpoint'),
    allowEndpoints: read('allow-endpoint') ?? [],
    stsEndpoint: read('sts-endpoint'),
    oosEndpoint: read('oos-endpoint'),
    metadataEndpoint: read('metadata-endpoint')?.replace(/^http:\/\/([^/]+)\/?$/, '$1'),
    enableWorkerRole: read('enable-worker-role'),
    ownIdentity,
    ownIdentityNamespaces: read('own-identity-namespaces'),
    allowTokenPaths: read('allow-token-path') ?? [],
    backendPackages: read('backend-package') ?? [],
    pluginDirs: read('plugin-dir') ?? [],
    oidcProviderArn: oidcProviderArn(read('uid'), read('cluster-id')),
    clusterSecretStores: read('process-cluster-secret-store'),
    clusterExternalSecrets: read('process-cluster-external-secret'),
    namespacedPlugins: read('allow-namespaced-plugins'),
    pollingIntervalMs: read('polling-interval'),
    disablePolling: read('disable-polling'),
    cleanupSecretOnFailure: read('cleanup-secret-on-failure'),
    watchNamespaces,
    excludeNamespaces,
    crossNamespaceSecretStore: read('enable-cross-namespace-secret-store'),
    crossNamespaceAuthRef: read('enable-cross-namespace-auth-ref'),
    kmsQps: read('kms-qps'),
    maxConcurrentReads: read('max-concurrent-kms-secret-pulls'),
    concurrency: read('concurrency'),
    leaderElect: read('leader-elect'),
    leaderElectionNamespace: read('leader-election-namespace'),
    leaseName: read('lease-name'),
    leaseDurationMs: read('lease-duration'),
    metricsAddress: read('metrics-bind-address'),
    metricsPerResource: read('metrics-per-resource'),
    healthAddress: read('health-probe-bind-address'),
    kubeconfig: read('kubeconfig'),
    logFormat: read('log-format') === 'text' ? 'text' : 'json',
    logLevel: read('log-level'),
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
