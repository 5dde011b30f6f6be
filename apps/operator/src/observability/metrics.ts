import { collectDefaultMetrics } from 'prom-client'
import { MetricSet } from './metric-set.ts'
import { ResourceMetrics } from './resource-metrics.ts'

const BACKEND = '`kms-endpoint`, `kms-instance`, `oos`, or the name that a plugged-in backend gives itself'
const CODE = 'the code of the error, such as `Throttled`, `AccessDenied` or `Timeout`'
const UNWRITTEN = 'Longest time that a noticed change, or a sync that fails, has been waiting for its write; 0 for none'
const KEY_EXPIRY = 'When the next client key of a store expires, Unix time; 0 for none'
const CIRCUITS = 'Connections to secret managers by state of their circuit breaker'
const STORE_WAITING = 'Reads that are due and wait because of `maxReadsPerSecond` of their stores'
const CIRCUIT_LABELS = {
  backend: BACKEND,
  state: '`closed`, `open`: reads fail without a call, `half-open`: a probe is under way',
}
const LATENCY = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
const DELAY = [0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120]

/**
 * Metrics of the operator. No label holds a name of a secret, a namespace or a resource, but for the series of single resources.
 * @param options.perResource makes those, too
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
      result: `\`changed\`, \`unchanged\`, or ${CODE}; \`Cancelled\`: nobody needs it any more`,
    }),
    sourceReadSeconds: set.histogram('source_read_duration_seconds', 'Time of a read', LATENCY, { backend: BACKEND }),
    sources: set.gauge('sources', 'Distinct reads that are kept fresh'),
    sourcesFailing: set.gauge('sources_failing', 'Distinct reads of which the latest failed'),
    sourceAgeSeconds: set.gauge(
      'source_age_seconds',
      'Longest time since a value, or its absence, was confirmed; since the first failure where none has been read',
    ),
    sourceOverdueSeconds: set.gauge(
      'source_overdue_seconds',
      'How far past its interval the confirmation is that is most behind; 0 for none',
    ),
    rateLimit: set.gauge('rate_limit', 'Reads per second that are allowed now', {
      account: 'account of Alibaba Cloud, host of an instance, or `unknown` until STS has named the account',
      region: 'region',
    }),
    storeReadsWaiting: set.gauge('store_reads_waiting', STORE_WAITING),
    circuitBreakers: set.gauge('circuit_breakers', CIRCUITS, CIRCUIT_LABELS),
    syncs: set.counter('sync_total', 'Syncs of ExternalSecrets', {
      result:
        'what was done to the Secret: `none`, `create`, `patch`, `replace`, `delete`, `wait`; or `refused`, `suspended`, `terminating`: its namespace is being deleted',
    }),
    syncSeconds: set.histogram('sync_duration_seconds', 'Time of a sync', LATENCY),
    changeToSecretSeconds: set.histogram(
      'change_to_secret_seconds',
      'From a noticed change to the written Secret',
      DELAY,
    ),
    unwrittenChangeSeconds: set.gauge('unwritten_change_seconds', UNWRITTEN),
    cleanupsFailing: set.gauge('cleanups_failing', 'Deleted ExternalSecrets whose clean-up fails'),
    restarts: set.counter('restarts_total', 'Restarts of workloads', {
      kind: '`Deployment`, `StatefulSet`, `DaemonSet`',
      result: `\`restarted\`, \`done\` (it had been before), \`absent\`, or ${CODE}`,
    }),
    resources: set.gauge('resources', 'Resources that are looked after', {
      kind: '`ExternalSecret`, `ClusterExternalSecret`, `SecretStore`, `ClusterSecretStore`',
      ready: '`True`, `False`, `Suspended`: not Ready by `spec.suspend`, `Unknown`: not looked at yet',
    }),
    queueDepth: set.gauge('queue_depth', 'Resources that wait for a worker'),
    queueSeconds: set.histogram('queue_latency_seconds', 'Time that a resource waits for a worker', DELAY),
    kubeRequests: set.counter('kube_requests_total', 'Requests to the API server', {
      verb: 'as in RBAC: `get`, `list`, `watch`, `create`, `patch`, …',
      resource: 'plural, with the subresource: `secrets`, `externalsecrets/status`',
      code: 'HTTP status; `0`: there was no answer',
    }),
    eventsDropped: set.counter('events_dropped_total', 'Events that were not written', {
      reason: '`overflow`, `rateLimited`, `failed`',
    }),
    credentialRefreshes: set.counter('credential_refresh_total', 'Renewals of credentials', {
      provider: '`rrsa`, `worker-role`, `assume-role`, …',
      result: `\`ok\`, or ${CODE}`,
    }),
    clientKeyExpiry: set.gauge('client_key_expiry_timestamp_seconds', KEY_EXPIRY),
    leader: set.gauge('leader', '1 at the replica that does the work, 0 at those that stand by'),
    /** Undefined where nobody asks for them. */
    ofResources: perResource ? new ResourceMetrics(set) : undefined,
  }
}

/** See {@link createMetrics}. */
export type Metrics = ReturnType<typeof createMetrics>
