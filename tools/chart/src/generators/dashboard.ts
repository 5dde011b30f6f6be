/** A query and the legend of its lines. */
type Query = readonly [expr: string, legend: string]

interface Panel {
  readonly title: string
  readonly unit: string
  readonly queries: readonly Query[]
  /** A single number instead of a time series. */
  readonly single?: boolean
}

const DATASOURCE = { type: 'prometheus', uid: '${datasource}' }
const OF = 'namespace="$namespace"'
const WIDTH = 24
const LINES = { width: 8, height: 8 }
const SINGLE = { width: 4, height: 4 }
const FAILED = `acksm_source_reads_total{${OF},result!~"changed|unchanged|Cancelled"}`

const rate = (by: string, metric: string): string => `sum by (${by}) (rate(${metric}[$__rate_interval]))`
const quantile = (share: number, metric: string, by = 'le'): string =>
  `histogram_quantile(${share}, ${rate(by, `${metric}_bucket{${OF}}`)})`
const p99 = (metric: string, by?: string): string => quantile(0.99, metric, by)

/**
 * Number of resources. Each member counts the ExternalSecrets that it syncs, and every replica all resources of other kinds. Without a
 * member, standbys have the last numbers.
 */
function resources(by: string, matchers = ''): string {
  const all = `acksm_resources{${OF}${matchers}}`
  const ofMembers = `acksm_resources{${OF}${matchers},kind="ExternalSecret"} and on (namespace, job, instance) acksm_leader == 1`
  return `(sum by (${by}) (${ofMembers}) or max by (${by}) (${all}))`
}

/** From the most important panels to those with explanations. */
const PANELS: readonly Panel[] = [
  { title: 'Leaders', unit: 'none', single: true, queries: [[`sum(acksm_leader{${OF}})`, '']] },
  {
    title: 'Not Ready',
    unit: 'none',
    single: true,
    queries: [[`sum(${resources('kind', ',ready="False"')})`, '']],
  },
  { title: 'Sources', unit: 'none', single: true, queries: [[`sum(acksm_sources{${OF}})`, '']] },
  { title: 'Sources that fail', unit: 'none', single: true, queries: [[`sum(acksm_sources_failing{${OF}})`, '']] },
  {
    title: 'Behind its interval',
    unit: 's',
    single: true,
    queries: [[`max(acksm_source_overdue_seconds{${OF}})`, '']],
  },
  {
    title: 'Next client key expires',
    unit: 'dateTimeFromNow',
    single: true,
    queries: [[`min(acksm_client_key_expiry_timestamp_seconds{${OF}} > 0) * 1000`, '']],
  },
  {
    title: 'Resources',
    unit: 'none',
    queries: [[`${resources('kind, ready')} > 0`, '{{kind}} {{ready}}']],
  },
  {
    title: 'Oldest value, oldest change that is not written',
    unit: 's',
    queries: [
      [`max(acksm_source_age_seconds{${OF}})`, 'value'],
      [`max(acksm_unwritten_change_seconds{${OF}})`, 'change'],
    ],
  },
  {
    title: 'Leader, minutes of waiting for a Lease',
    unit: 'none',
    queries: [
      [`acksm_leader{${OF}}`, '{{pod}}'],
      [`acksm_shard_waiting_seconds{${OF}} / 60`, '{{pod}} waits for {{slot}}'],
    ],
  },
  {
    title: 'Reads',
    unit: 'reqps',
    queries: [[rate('backend, result', `acksm_source_reads_total{${OF}}`), '{{backend}} {{result}}']],
  },
  { title: 'Reads that fail', unit: 'reqps', queries: [[rate('backend, result', FAILED), '{{backend}} {{result}}']] },
  {
    title: 'Time of a read, 99%',
    unit: 's',
    queries: [[p99('acksm_source_read_duration_seconds', 'le, backend'), '{{backend}}']],
  },
  {
    title: 'Allowed reads',
    unit: 'reqps',
    queries: [[`max by (account, region) (acksm_rate_limit{${OF}})`, '{{account}} {{region}}']],
  },
  {
    title: 'Batch reads',
    unit: 'reqps',
    queries: [[rate('backend, result', `acksm_batch_calls_total{${OF}}`), '{{backend}} {{result}}']],
  },
  {
    title: 'Secrets of a batch read',
    unit: 'none',
    queries: [
      [
        `${rate('backend', `acksm_batch_secrets_total{${OF},result="ok"}`)} / ${rate('backend', `acksm_batch_calls_total{${OF},result="ok"}`)}`,
        '{{backend}}',
      ],
    ],
  },
  { title: 'Syncs', unit: 'ops', queries: [[rate('result', `acksm_sync_total{${OF}}`), '{{result}}']] },
  {
    title: 'Delays, 99%',
    unit: 's',
    queries: [
      [p99('acksm_change_to_secret_seconds'), 'change to Secret'],
      [p99('acksm_sync_duration_seconds'), 'sync'],
      [p99('acksm_queue_latency_seconds'), 'queue'],
    ],
  },
  { title: 'Queue', unit: 'none', queries: [[`acksm_queue_depth{${OF}}`, '{{pod}}']] },
  { title: 'Hints', unit: 'ops', queries: [[rate('result', `acksm_hints_total{${OF}}`), '{{result}}']] },
  {
    title: 'Change to hint',
    unit: 's',
    queries: [
      [quantile(0.5, 'acksm_hint_age_seconds'), '50%'],
      [p99('acksm_hint_age_seconds'), '99%'],
    ],
  },
  {
    title: 'Requests to the API server',
    unit: 'reqps',
    queries: [[rate('verb, resource, code', `acksm_kube_requests_total{${OF}}`), '{{verb}} {{resource}} {{code}}']],
  },
  {
    title: 'Renewals of credentials',
    unit: 'ops',
    queries: [[rate('provider, result', `acksm_credential_refresh_total{${OF}}`), '{{provider}} {{result}}']],
  },
  {
    title: 'Restarts of workloads and those that wait, dropped events',
    unit: 'ops',
    queries: [
      [rate('kind, result', `acksm_restarts_total{${OF}}`), '{{kind}} {{result}}'],
      [`sum by (reason) (acksm_restarts_waiting{${OF}}) > 0`, 'waiting: {{reason}}'],
      [rate('reason', `acksm_events_dropped_total{${OF}}`), 'events {{reason}}'],
    ],
  },
  {
    title: 'Memory',
    unit: 'bytes',
    queries: [[`process_resident_memory_bytes{${OF}} and on (job, instance) acksm_leader`, '{{pod}}']],
  },
  {
    title: 'Event loop, 99%',
    unit: 's',
    queries: [[`nodejs_eventloop_lag_p99_seconds{${OF}} and on (job, instance) acksm_leader`, '{{pod}}']],
  },
  {
    title: 'Versions',
    unit: 'none',
    queries: [[`count by (version) (acksm_build_info{${OF}})`, '{{version}}']],
  },
]

/** The Grafana dashboard. Its only variables are a Prometheus and the namespace of the operator. */
export function dashboard(): object {
  return {
    title: 'ack-secret-manager',
    uid: 'ack-secret-manager',
    schemaVersion: 39,
    editable: true,
    refresh: '1m',
    time: { from: 'now-6h', to: 'now' },
    tags: ['secrets'],
    templating: {
      list: [
        { name: 'datasource', label: 'Prometheus', type: 'datasource', query: 'prometheus' },
        {
          name: 'namespace',
          label: 'Namespace of the operator',
          type: 'query',
          datasource: DATASOURCE,
          query: { query: 'label_values(acksm_leader, namespace)', refId: 'namespace' },
          refresh: 2,
        },
      ],
    },
    panels: placed(PANELS).map(({ panel, gridPos }, index) => panelOf(panel, index + 1, gridPos)),
  }
}

interface GridPosition {
  readonly x: number
  readonly y: number
  readonly w: number
  readonly h: number
}

/** Arranges the panels in rows from left to right, single numbers first. */
function placed(panels: readonly Panel[]): Array<{ readonly panel: Panel; readonly gridPos: GridPosition }> {
  let [x, y] = [0, 0]
  return panels.map((panel) => {
    const { width: w, height: h } = panel.single ? SINGLE : LINES
    const gridPos = { x, y, w, h }
    x += w
    if (x === WIDTH) [x, y] = [0, y + h]
    return { panel, gridPos }
  })
}

function panelOf({ title, unit, queries, single = false }: Panel, id: number, gridPos: GridPosition): object {
  return {
    id,
    title,
    type: single ? 'stat' : 'timeseries',
    datasource: DATASOURCE,
    gridPos,
    fieldConfig: { defaults: { unit }, overrides: [] },
    targets: queries.map(([expr, legendFormat], index) => ({
      refId: String.fromCodePoint('A'.charCodeAt(0) + index),
      datasource: DATASOURCE,
      expr,
      legendFormat,
    })),
  }
}
