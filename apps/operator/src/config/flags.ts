import type { Flags } from '@ack-secret-manager/command-line'

/** All flags of the operator. Flags of the Go operator keep their names, and their defaults but for `--max-concurrent-kms-secret-pulls` and `--enable-worker-role`. */
export const FLAGS = {
  backend: {
    kind: 'text',
    default: 'alicloud-kms',
    choices: ['alicloud-kms'],
    help: 'Secret manager to read from.',
  },
  region: { kind: 'region', default: 'cn-hangzhou', help: 'Region of stores without one.' },
  'kms-endpoint': {
    kind: 'endpoint',
    help: 'KMS endpoint of stores without an endpoint in this region. Default: kms-vpc.REGION.aliyuncs.com. Stores with another region use the VPC endpoint of that region.',
  },
  'allow-endpoint': {
    kind: 'endpoints',
    help: 'Further endpoints that stores may use, HOST[:PORT]; * matches within a label. May be repeated.',
  },
  'sts-endpoint': { kind: 'endpoint', help: 'STS endpoint for AssumeRole. Default: sts-vpc.REGION.aliyuncs.com.' },
  'oos-endpoint': {
    kind: 'endpoint',
    help: 'OOS endpoint of stores without an endpoint in this region. Default: oos-vpc.REGION.aliyuncs.com. Stores with another region use the VPC endpoint of that region.',
  },
  'registry-endpoint': {
    kind: 'endpoint',
    help: 'Container Registry endpoint for tokens of instances in this region. Default: cr-vpc.REGION.aliyuncs.com. Instances in another region use the VPC endpoint of that region.',
  },
  'metadata-endpoint': { kind: 'text', help: 'ECS metadata service, HOST or URL. Default: 100.100.100.200.' },
  'enable-worker-role': {
    kind: 'boolean',
    default: 'false',
    help: 'Allow stores to use the RAM role of the node. The operator uses it too if no other operator identity is configured.',
  },
  'own-identity': {
    kind: 'text',
    choices: ['access-key', 'rrsa', 'worker-role', 'none'],
    help: 'Operator identity to take from the environment: access-key, rrsa, worker-role or none. Default: the one that is configured.',
  },
  'own-identity-namespaces': {
    kind: 'namespace-patterns',
    default: '*',
    help: 'Namespaces that may use the operator identity, its token, or the RAM role of its node. Separated by commas; * matches any characters.',
  },
  'allow-token-path': {
    kind: 'paths',
    help: 'Directory, in addition to /var/run/secrets, that oidcTokenFilePath may point into. May be repeated.',
  },
  'backend-package': {
    kind: 'packages',
    help: 'Backend package that stores may use in spec.plugin. It runs with the permissions of the operator. May be repeated.',
  },
  'plugin-dir': {
    kind: 'paths',
    help: 'Directory whose node_modules is searched first for backend packages. May be repeated.',
  },
  'cluster-id': { kind: 'cluster', help: 'ACK cluster id. Together with --uid it selects the OIDC provider for RRSA.' },
  uid: { kind: 'account', help: 'Alibaba Cloud account id of the cluster.' },
  'process-cluster-secret-store': { kind: 'boolean', default: 'true', help: 'Reconcile ClusterSecretStores.' },
  'process-cluster-external-secret': {
    kind: 'boolean',
    default: 'true',
    help: 'Reconcile ClusterExternalSecrets.',
  },
  'process-push-secret': {
    kind: 'boolean',
    default: 'false',
    help: 'Reconcile PushSecrets, which write Secrets to KMS where a store allows it.',
  },
  'allow-namespaced-plugins': {
    kind: 'boolean',
    default: 'false',
    help: 'Allow a SecretStore to use a backend package; otherwise only a ClusterSecretStore may.',
  },
  'polling-interval': {
    kind: 'duration',
    default: '120s',
    help: 'Default refresh interval, used when spec.rotationInterval is not set.',
  },
  'disable-polling': {
    kind: 'boolean',
    default: 'false',
    help: 'Read secrets only when a resource is created, changes, or requests a refresh.',
  },
  'hint-queue': {
    kind: 'text',
    value: 'ARN',
    help: 'SMQ queue with events of KMS, acs:mns:REGION:ACCOUNT:/queues/NAME. A secret that an event names is read at once. With --shards each shard has a queue, NAME-0, NAME-1 and so on.',
  },
  'hint-endpoint': {
    kind: 'endpoint',
    help: 'Endpoint of the queue. Default: that of its account and region in the VPC.',
  },
  'hint-http-bind-address': {
    kind: 'address',
    help: 'Address of an HTTP target of EventBridge, for events of KMS. It speaks plain HTTP, behind a load balancer with TLS.',
  },
  'hint-http-url': {
    kind: 'text',
    value: 'URL',
    help: 'With --hint-http-bind-address: the HTTPS URL of the target exactly as EventBridge has it, because it is signed.',
  },
  'hint-http-token-file': {
    kind: 'text',
    value: 'FILE',
    help: 'With --hint-http-bind-address: file with the signature token of the target, 16 to 512 characters; two tokens, one a line, while it is replaced.',
  },
  'hint-http-account': {
    kind: 'account',
    help: 'With --hint-http-bind-address: account of the secrets. Their region is that of --region.',
  },
  'hint-http-certificate-endpoint': {
    kind: 'endpoint',
    help: 'The only host that certificates of EventBridge are fetched from. Default: that of --region.',
  },
  'polling-interval-with-push': {
    kind: 'duration',
    help: 'Default refresh interval while hints arrive from --hint-queue. Default: --polling-interval.',
  },
  'cleanup-secret-on-failure': {
    kind: 'boolean',
    default: 'false',
    help: 'Delete a Secret when all its source secrets are deleted in the secret manager; never for another failure.',
  },
  'watch-namespaces': { kind: 'namespaces', help: 'Namespaces to manage, separated by commas. Default: all.' },
  'exclude-namespaces': { kind: 'namespaces', help: 'Namespaces to skip, separated by commas.' },
  'enable-cross-namespace-secret-store': {
    kind: 'boolean',
    default: 'false',
    help: 'Allow a resource to use a SecretStore of another namespace.',
  },
  'enable-cross-namespace-auth-ref': {
    kind: 'boolean',
    default: 'false',
    help: 'Allow a SecretStore to use a credential of another namespace.',
  },
  'kms-qps': {
    kind: 'number',
    default: '400',
    help: 'Limit of KMS reads per second, for each account and region. 0 disables the limit.',
  },
  'kms-batch': {
    kind: 'boolean',
    default: 'false',
    help: 'Read up to 20 KMS secrets with one call (BatchGetSecretValue), where KMS allows it.',
  },
  'kms-batch-cost': {
    kind: 'count',
    max: '20',
    default: '20',
    help: 'Reads that a full batch counts as in --kms-qps, from 1 to 20.',
  },
  'max-concurrent-kms-secret-pulls': {
    kind: 'count',
    default: '64',
    help: 'Limit of concurrent KMS calls, for each account and region. Fewer are used if rate and latency need fewer.',
  },
  'list-memory-mib': {
    kind: 'count',
    default: '128',
    help: 'Limit of the memory for the lists of all stores (spec.dataFrom), in MiB.',
  },
  concurrency: {
    kind: 'count',
    default: '16',
    help: 'Limit of concurrent syncs; 1 counts as 2. One namespace may use half of them.',
  },
  'leader-elect': {
    kind: 'boolean',
    default: 'true',
    help: 'Use leader election: one replica works (with --shards, several), the others are on standby.',
  },
  'leader-election-namespace': {
    kind: 'text',
    help: 'Namespace of the Lease and of the digest key. Default: the namespace of the operator.',
  },
  'lease-name': {
    kind: 'name',
    default: 'ack-secret-manager',
    help: 'Name of the Lease. Replicas with the same Lease elect one leader.',
  },
  shards: {
    kind: 'count',
    max: '16',
    default: '1',
    help: 'Number of replicas that work at the same time, each on some of the accounts, regions and KMS instances. 1: one replica works on everything.',
  },
  'lease-duration': {
    kind: 'duration',
    default: '15s',
    max: '1h',
    help: 'Lease duration: how long standbys wait before taking over.',
  },
  'metrics-bind-address': { kind: 'address', default: ':8080', help: 'Address of /metrics; 0 disables it.' },
  'metrics-per-resource': {
    kind: 'boolean',
    default: 'false',
    help: 'Add per-resource series, with namespace and name of each ExternalSecret, to /metrics.',
  },
  'health-probe-bind-address': {
    kind: 'address',
    default: ':8081',
    help: 'Address of /healthz and /readyz; 0 disables them.',
  },
  kubeconfig: { kind: 'text', help: 'Kubeconfig file. Default: $KUBECONFIG, or the ServiceAccount of the pod.' },
  'log-format': {
    kind: 'text',
    default: 'auto',
    choices: ['auto', 'json', 'text'],
    help: 'Log format; auto is text on a terminal, and json otherwise.',
  },
  'log-level': {
    kind: 'text',
    default: 'info',
    choices: ['debug', 'info', 'warn', 'error'],
    help: 'Minimum log level.',
  },
  'token-rotation-period': { kind: 'duration', deprecated: 'credentials are refreshed before they expire', help: '' },
  'reconcile-period': { kind: 'duration', deprecated: 'failed syncs are retried with a backoff', help: '' },
  'reconcile-count': { kind: 'count', deprecated: 'use --concurrency', help: '' },
  'max-concurrent-oos-secret-pulls': {
    kind: 'count',
    deprecated: '--max-concurrent-kms-secret-pulls limits each account and region, also for OOS',
    help: '',
  },
  'max-concurrent-secret-pulls': { kind: 'count', deprecated: 'use --max-concurrent-kms-secret-pulls', help: '' },
} as const satisfies Flags
