import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'

/** Metrics of the operator. No label holds a name of a secret, a namespace or a resource. */
export function createMetrics(version: string) {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry, prefix: 'acksm_process_' })
  const counter = <L extends string>(name: string, help: string, labelNames: readonly L[]): Counter<L> =>
    new Counter({ name: `acksm_${name}`, help, labelNames, registers })
  const gauge = <L extends string>(name: string, help: string, labelNames: readonly L[] = []): Gauge<L> =>
    new Gauge({ name: `acksm_${name}`, help, labelNames, registers })
  const seconds = <L extends string>(
    name: string,
    help: string,
    buckets: number[],
    labelNames: readonly L[] = [],
  ): Histogram<L> => new Histogram({ name: `acksm_${name}`, help, labelNames, buckets, registers })

  gauge('build_info', 'Version of the operator', ['version']).set({ version }, 1)
  return {
    registry,
    sourceReads: counter('source_reads_total', 'Reads of secret managers', ['backend', 'result']),
    sourceReadSeconds: seconds('source_read_duration_seconds', 'Time of a read', LATENCY, ['backend']),
    sources: gauge('sources', 'Distinct reads that are kept fresh'),
    sourceAgeSeconds: gauge('source_age_seconds', 'Age of the value that was confirmed longest ago'),
    rateLimit: gauge('rate_limit', 'Reads per second that are allowed now', ['account', 'region']),
    syncs: counter('sync_total', 'Syncs of resources', ['result']),
    syncSeconds: seconds('sync_duration_seconds', 'Time of a sync', LATENCY),
    changeToSecretSeconds: seconds('change_to_secret_seconds', 'From a noticed change to the written Secret', DELAY),
    restarts: counter('restarts_total', 'Restarts of workloads', ['kind', 'result']),
    resources: gauge('resources', 'Resources', ['kind', 'ready']),
    queueDepth: gauge('queue_depth', 'Resources that wait for a worker'),
    queueSeconds: seconds('queue_latency_seconds', 'Time that a resource waits for a worker', DELAY),
    kubeRequests: counter('kube_requests_total', 'Requests to the API server', ['verb', 'resource', 'code']),
    eventsDropped: counter('events_dropped_total', 'Events that were not written', ['reason']),
    credentialRefreshes: counter('credential_refresh_total', 'Renewals of credentials', ['provider', 'result']),
    clientKeyExpiry: gauge(
      'client_key_expiry_timestamp_seconds',
      'When the next client key of a store expires, Unix time; 0 for none',
    ),
    leader: gauge('leader', 'Whether this replica does the work'),
  }
}

/** See {@link createMetrics}. */
export type Metrics = ReturnType<typeof createMetrics>

const LATENCY = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
const DELAY = [0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120]
