import { collectDefaultMetrics } from 'prom-client'
import { DRIVERS } from '../drivers.ts'
import { MetricSet } from './metric-set.ts'
import { ResourceMetrics } from './resource-metrics.ts'

const BACKEND = `${DRIVERS.map(({ kind }) => `\`${kind}\``).join(', ')}, or the name that a backend package declares`
const CODE = 'the error code, such as `Throttled`, `AccessDenied` or `Timeout`'
const BATCH_CALLS = 'Calls for several secrets, with `--kms-batch`'
const BATCH_LABELS = {
  backend: BACKEND,
  result: `\`ok\`, or ${CODE} if the call failed as a whole; its secrets are then read again`,
}
const UNWRITTEN = 'Age of the oldest detected change or failing sync that is not written yet, in seconds (0: none)'
const KEY_EXPIRY = 'Unix time at which the next client key of a store expires (0: none)'
const SHARD_WAITING =
  'Seconds for which this replica, which holds a Lease, has waited for the holder of another Lease before it works or takes over domains; no series while it does not wait'
const CIRCUITS = 'Connections to secret managers by state of their circuit breaker'
const STORE_WAITING = 'Due reads that wait because of `maxReadsPerSecond` of their store'
const CIRCUIT_LABELS = {
  backend: BACKEND,
  state: '`closed`; `open`: reads fail without a call; `half-open`: a probe is in progress',
}
const UNCACHED = 'Secrets of the operator whose metadata exceeds the cache budget of their namespace'
const LEFT_OUT =
  'Watched namespaces that are left out, because the operator may not list in them since its start; `/readyz` and the log name them'
const PUSHES = 'KMS secrets that PushSecrets compared or wrote, and entries and specs that they refused'
const PUSH_LABELS = {
  result: `\`pushed\`, \`unchanged\`, \`kept\` (\`IfNotExists\`), \`deleted\` (scheduled), \`left\` (not deleted with its PushSecret), or ${CODE}`,
}
const READINESS_LABELS = {
  kind: '`ExternalSecret`, `ClusterExternalSecret`, `PushSecret`, `SecretStore`, `ClusterSecretStore`',
  ready: '`True`, `False`, `Suspended` (`spec.suspend` is set), `Unknown` (not reconciled yet)',
}
const LATENCY = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
const AGE = [0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1_800]
const DELAY = [0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120]

/**
 * Metrics of the operator. Only per-resource series have labels with the name of a namespace or resource; no label names a secret.
 * @param options.perResource adds the per-resource series
 */
export function createMetrics(version: string, { perResource = false }: { readonly perResource?: boolean } = {}) {
  const set = new MetricSet('acksm_')
  const { registry, definitions } = set
  collectDefaultMetrics({ register: registry })
  set.gauge('build_info', 'Always 1', { version: 'version of the operator' }).set({ version }, 1)
  return {
    registry,
    definitions,
    sourceReads: set.counter('source_reads_total', 'Reads of secret managers', {
      backend: BACKEND,
      result: `\`changed\`, \`unchanged\`, or ${CODE}; \`Cancelled\`: no resource needs the value`,
    }),
    sourceReadSeconds: set.histogram('source_read_duration_seconds', 'Duration of a read', LATENCY, {
      backend: BACKEND,
    }),
    ...callMetrics(set),
    sources: set.gauge('sources', 'Sources: distinct combinations of connection, secret and version selector'),
    sourcesFailing: set.gauge('sources_failing', 'Sources whose latest read failed'),
    sourceAgeSeconds: set.gauge(
      'source_age_seconds',
      'Longest time since a source was confirmed, in seconds; counted from the first failure if it was never read',
    ),
    sourceOverdueSeconds: set.gauge(
      'source_overdue_seconds',
      'Seconds by which the most overdue source exceeds its refresh interval (0: none)',
      { scope: '`tenant`: only one of several namespaces uses the endpoint of the source; otherwise `platform`' },
    ),
    rateLimit: set.gauge('rate_limit', 'Current limit of reads per second', {
      account: 'Alibaba Cloud account, host of a KMS instance, or `unknown` until STS has identified the account',
      region: 'region',
    }),
    storeReadsWaiting: set.gauge('store_reads_waiting', STORE_WAITING),
    circuitBreakers: set.gauge('circuit_breakers', CIRCUITS, CIRCUIT_LABELS),
    syncs: set.counter('sync_total', 'Syncs of ExternalSecrets', {
      result:
        'write to the Secret: `none`, `create`, `patch`, `replace`, `delete`, `wait`; or `refused`, `suspended`, `terminating` (the namespace is being deleted)',
    }),
    syncSeconds: set.histogram('sync_duration_seconds', 'Duration of a sync', LATENCY),
    changeToSecretSeconds: set.histogram(
      'change_to_secret_seconds',
      'Time from a detected change to the written Secret',
      DELAY,
    ),
    unwrittenChangeSeconds: set.gauge('unwritten_change_seconds', UNWRITTEN),
    cleanupsFailing: set.gauge('cleanups_failing', 'Deleted ExternalSecrets whose Secret could not be released yet'),
    ...restartMetrics(set),
    pushes: set.counter('push_total', PUSHES, PUSH_LABELS),
    resources: set.gauge('resources', 'Resources by kind and readiness', READINESS_LABELS),
    queueDepth: set.gauge('queue_depth', 'Resources that wait for a worker'),
    queueSeconds: set.histogram('queue_latency_seconds', 'Time that a resource waits for a worker', DELAY),
    secretsUncached: set.gauge('secrets_uncached', UNCACHED),
    namespacesLeftOut: set.gauge('namespaces_left_out', LEFT_OUT),
    ...kubeMetrics(set),
    credentialRefreshes: set.counter('credential_refresh_total', 'Refreshes of credentials', {
      provider: '`rrsa`, `worker-role`, `assume-role`, …',
      identity: '`operator`: the operator identity; `store`: credentials that a store names',
      result: `\`ok\`, or ${CODE}`,
    }),
    tokenCalls: set.counter('token_calls_total', 'Calls for tokens of `spec.generate`', {
      kind: '`container-registry`, `sts`',
      result: `\`ok\`; \`queued\`: no call, because other tokens of the identity came first for 20 s; or ${CODE}`,
    }),
    tokens: set.gauge('tokens', 'Tokens in memory that resources share, and failed calls that are not repeated yet'),
    clientKeyExpiry: set.gauge('client_key_expiry_timestamp_seconds', KEY_EXPIRY),
    ...hintMetrics(set),
    ...memberMetrics(set),
    /** Per-resource series, if enabled. */
    ofResources: perResource ? new ResourceMetrics(set) : undefined,
  }
}

/** Requests and events. */
function kubeMetrics(set: MetricSet) {
  return {
    kubeRequests: set.counter('kube_requests_total', 'Requests to the API server', {
      verb: 'RBAC verb: `get`, `list`, `watch`, `create`, `patch`, …',
      resource: 'plural name with subresource: `secrets`, `externalsecrets/status`',
      code: 'HTTP status; `0`: no response',
    }),
    eventsDropped: set.counter('events_dropped_total', 'Events that were dropped', {
      reason: '`overflow`, `rateLimited`, `failed`',
    }),
  }
}

/** Hints from a queue or an HTTP target. */
function hintMetrics(set: MetricSet) {
  return {
    hints: set.counter(
      'hints_total',
      'Messages that announce changes, with `--hint-queue` or `--hint-http-bind-address`',
      {
        result:
          '`taken`: a read was requested; `duplicate`; `unknown`: no resource uses the secret; `foreign`: another account or region; `irrelevant`: an event that changes no value; `malformed`',
      },
    ),
    hintAgeSeconds: set.histogram(
      'hint_age_seconds',
      'Time from the change of a secret, as its event says, to the requested read',
      AGE,
    ),
    hintQueueLive: set.gauge('hint_queue_live', '1 if the last receive from the hint queue succeeded, else 0', {
      queue: 'name of the queue; `http` for the HTTP target',
    }),
    hintRequests: set.counter('hint_requests_total', 'Requests to the HTTP target of EventBridge', {
      result:
        '`taken`, `duplicate`, `health-check`, `unauthorized` (URL, token, signature), `expired`, `aborted`, `too-large`, `standby`, `busy`, `unverified` (no certificate or token)',
    }),
    hintCertificateFetches: set.counter(
      'hint_certificate_fetches_total',
      'Fetches of certificates of EventBridge for the HTTP target',
      { result: `\`ok\`, or ${CODE}; the last certificate is used for a day` },
    ),
    hintReceiveErrors: set.counter('hint_receive_errors_total', 'Failed receives from the hint queue', { code: CODE }),
  }
}

/** Restarts of workloads. */
function restartMetrics(set: MetricSet) {
  return {
    restarts: set.counter('restarts_total', 'Rollout restarts of workloads', {
      kind: '`Deployment`, `StatefulSet`, `DaemonSet`',
      result: `\`restarted\`, \`done\` (already restarted), \`absent\`, or ${CODE}`,
    }),
    restartsWaiting: set.gauge('restarts_waiting', 'Workloads that wait for their rollout restart', {
      reason:
        '`interval`: `minInterval` has not passed; `window`: it is closed; `rollout`: the rollout has failed or not finished',
    }),
  }
}

/** Calls for several secrets, and lists of secrets for `spec.dataFrom`. */
function callMetrics(set: MetricSet) {
  return {
    batchCalls: set.counter('batch_calls_total', BATCH_CALLS, BATCH_LABELS),
    batchSecrets: set.counter('batch_secrets_total', 'Secrets in calls for several secrets', BATCH_LABELS),
    sweeps: set.counter('sweeps_total', 'Sweeps: complete reads of the list of secrets of a connection', {
      backend: BACKEND,
      result: `\`ok\`, or ${CODE}; \`Cancelled\`: no resource needs the list`,
    }),
    sweepPages: set.counter('sweep_pages_total', 'Calls of sweeps that succeeded', { backend: BACKEND }),
    sweepSeconds: set.histogram('sweep_duration_seconds', 'Duration of a sweep', DELAY, { backend: BACKEND }),
    sweepsFailing: set.gauge('sweeps_failing', 'Connections whose latest sweep failed'),
    sweepsWaiting: set.gauge(
      'sweeps_waiting',
      'Sweeps that wait, because each account and region runs one sweep at a time',
    ),
    listedSecrets: set.gauge('listed_secrets', 'Secrets in the lists of all connections'),
    listedBytes: set.gauge(
      'listed_bytes',
      'Estimated memory of the lists of all connections, which `--list-memory-mib` limits',
    ),
  }
}

/** Leadership and shards. */
function memberMetrics(set: MetricSet) {
  return {
    leader: set.gauge('leader', '1 on the leader, or on each member of several shards; 0 on replicas that own nothing'),
    members: set.gauge(
      'members',
      'Live members that share the work, according to this replica; 0 on replicas that own nothing',
    ),
    memberDomains: set.gauge('member_domains', 'Quota domains with resources that this member owns'),
    memberResources: set.gauge('member_resources', 'ExternalSecrets that this member syncs'),
    shardWaitingSeconds: set.gauge('shard_waiting_seconds', SHARD_WAITING, {
      slot: 'Lease of that holder, or of this replica until it has read all Leases; at most 16',
    }),
  }
}

export type Metrics = ReturnType<typeof createMetrics>
