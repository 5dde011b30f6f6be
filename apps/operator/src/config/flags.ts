/** Shape of a flag's value on the command line. */
export type FlagKind =
  | 'string'
  | 'boolean'
  | 'count'
  | 'number'
  | 'duration'
  | 'namespaces'
  | 'namespace-patterns'
  | 'endpoint'
  | 'endpoints'
  | 'region'
  | 'name'
  | 'account'
  | 'cluster'
  | 'paths'
  | 'packages'
  | 'address'

/** One flag, as people see it. Every flag is also read from the environment, see {@link environmentName}. */
export interface Flag {
  readonly kind: FlagKind
  readonly help: string
  /** As it would be typed; absent means empty. */
  readonly default?: string
  /** Allowed values. */
  readonly choices?: readonly string[]
  /** Accepted for manifests of the Go operator; what to do instead. */
  readonly deprecated?: string
}

/** All flags of the operator. Those of the Go operator keep their names and defaults. */
export const FLAGS = {
  backend: {
    kind: 'string',
    default: 'alicloud-kms',
    choices: ['alicloud-kms'],
    help: 'Where secrets are kept.',
  },
  region: { kind: 'region', default: 'cn-hangzhou', help: 'Region of stores that name none.' },
  'kms-endpoint': {
    kind: 'endpoint',
    help: 'KMS endpoint of stores that name neither an endpoint nor another region. Default: kms-vpc.REGION.aliyuncs.com; with another region it is kms-vpc.THAT_REGION.aliyuncs.com.',
  },
  'allow-endpoint': {
    kind: 'endpoints',
    help: 'Further endpoints that stores may name, HOST[:PORT], * within a label. May be repeated.',
  },
  'sts-endpoint': { kind: 'endpoint', help: 'Where roles are taken. Default: sts-vpc.REGION.aliyuncs.com.' },
  'oos-endpoint': {
    kind: 'endpoint',
    help: 'OOS endpoint of stores that name neither an endpoint nor another region. Default: oos-vpc.REGION.aliyuncs.com; with another region it is oos-vpc.THAT_REGION.aliyuncs.com.',
  },
  'metadata-endpoint': { kind: 'string', help: 'ECS metadata service, HOST or URL. Default: 100.100.100.200.' },
  'enable-worker-role': {
    kind: 'boolean',
    default: 'false',
    help: 'Let stores read as the RAM role of the node; where no other own identity is configured, the operator too.',
  },
  'own-identity': {
    kind: 'string',
    choices: ['access-key', 'rrsa', 'worker-role', 'none'],
    help: 'Which identity of the environment is the operator’s own: access-key, rrsa, worker-role, none. Default: the one that is configured.',
  },
  'own-identity-namespaces': {
    kind: 'namespace-patterns',
    default: '*',
    help: 'Namespaces that may read as the operator itself: with its own identity, its token, or the RAM role of its node. Separated by commas, * for any characters.',
  },
  'allow-token-path': {
    kind: 'paths',
    help: 'Directory beside /var/run/secrets that oidcTokenFilePath may name. May be repeated.',
  },
  'backend-package': {
    kind: 'packages',
    help: 'Backend package that stores may name in spec.plugin. Runs with the rights of the operator. May be repeated.',
  },
  'plugin-dir': {
    kind: 'paths',
    help: 'Directory with a node_modules in which backend packages are looked for first. May be repeated.',
  },
  'cluster-id': { kind: 'cluster', help: 'Id of the ACK cluster; with --uid it names the OIDC provider for RRSA.' },
  uid: { kind: 'account', help: 'Id of the Alibaba Cloud account of the cluster.' },
  'process-cluster-secret-store': { kind: 'boolean', default: 'true', help: 'Look after ClusterSecretStores.' },
  'process-cluster-external-secret': {
    kind: 'boolean',
    default: 'true',
    help: 'Look after ClusterExternalSecrets.',
  },
  'allow-namespaced-plugins': {
    kind: 'boolean',
    default: 'false',
    help: 'Let a SecretStore name a backend package; otherwise only a ClusterSecretStore may.',
  },
  'polling-interval': {
    kind: 'duration',
    default: '120s',
    help: 'How often secrets are read whose resource does not say.',
  },
  'disable-polling': {
    kind: 'boolean',
    default: 'false',
    help: 'Read secrets only when a resource changes, is new, or asks for it.',
  },
  'cleanup-secret-on-failure': {
    kind: 'boolean',
    default: 'false',
    help: 'Delete a Secret when all secrets that it was made of are deleted in KMS; never for another failure.',
  },
  'watch-namespaces': { kind: 'namespaces', help: 'Only these namespaces, separated by commas. Default: all.' },
  'exclude-namespaces': { kind: 'namespaces', help: 'Not these namespaces, separated by commas.' },
  'enable-cross-namespace-secret-store': {
    kind: 'boolean',
    default: 'false',
    help: 'Let a resource name a SecretStore of another namespace.',
  },
  'enable-cross-namespace-auth-ref': {
    kind: 'boolean',
    default: 'false',
    help: 'Let a SecretStore name a credential of another namespace.',
  },
  'kms-qps': {
    kind: 'number',
    default: '400',
    help: 'KMS reads per second, for each account and region. 0 turns the limit off.',
  },
  'max-concurrent-kms-secret-pulls': {
    kind: 'count',
    default: '10',
    help: 'KMS reads under way at once, for each account and region.',
  },
  concurrency: {
    kind: 'count',
    default: '16',
    help: 'Resources that are synced at once; of one namespace, half as many.',
  },
  'leader-elect': {
    kind: 'boolean',
    default: 'true',
    help: 'Let one of several replicas do the work, while the others stand by.',
  },
  'leader-election-namespace': {
    kind: 'string',
    help: 'Namespace of the Lease and of the digest key. Default: the namespace that the operator runs in.',
  },
  'lease-name': {
    kind: 'name',
    default: 'ack-secret-manager',
    help: 'Name of the Lease. Of replicas with the same one in a namespace, one does the work.',
  },
  'lease-duration': { kind: 'duration', default: '15s', help: 'How long a leader that fell silent is waited for.' },
  'metrics-bind-address': { kind: 'address', default: ':8080', help: 'Where /metrics is served; 0 turns it off.' },
  'metrics-per-resource': {
    kind: 'boolean',
    default: 'false',
    help: 'Add series with namespace and name of each ExternalSecret to /metrics.',
  },
  'health-probe-bind-address': {
    kind: 'address',
    default: ':8081',
    help: 'Where /healthz and /readyz are served; 0 turns it off.',
  },
  kubeconfig: { kind: 'string', help: 'Kubeconfig file. Default: $KUBECONFIG, else the ServiceAccount of the pod.' },
  'log-format': { kind: 'string', default: 'json', choices: ['json', 'text'], help: 'Shape of a line of the log.' },
  'log-level': {
    kind: 'string',
    default: 'info',
    choices: ['debug', 'info', 'warn', 'error'],
    help: 'The least level that is logged.',
  },
  'token-rotation-period': { kind: 'duration', deprecated: 'credentials are renewed ahead of their expiry', help: '' },
  'reconcile-period': { kind: 'duration', deprecated: 'work that failed is tried again with a backoff', help: '' },
  'reconcile-count': { kind: 'count', deprecated: 'use --concurrency', help: '' },
  'max-concurrent-oos-secret-pulls': {
    kind: 'count',
    deprecated: '--max-concurrent-kms-secret-pulls limits each account and region, OOS as well',
    help: '',
  },
  'max-concurrent-secret-pulls': { kind: 'count', deprecated: 'use --max-concurrent-kms-secret-pulls', help: '' },
} as const satisfies Readonly<Record<string, Flag>>

/** Name of a flag, without its dashes. */
export type FlagName = keyof typeof FLAGS

/** `--kms-qps` is `ACKSM_KMS_QPS` in the environment. A flag on the command line wins. */
export function environmentName(flag: string): string {
  return `ACKSM_${flag.toUpperCase().replaceAll('-', '_')}`
}
