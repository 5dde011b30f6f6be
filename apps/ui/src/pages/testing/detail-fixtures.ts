import type {
  GeneratedView,
  GraphView,
  ResourceDetail,
  ResourceRow,
  SourceView,
  StoreDetail,
  StoreRow,
  WorkloadView,
} from '../../model/views/index.ts'
import { at } from './base-fixtures.ts'
import { DENIED_GUIDE } from './overview-fixtures.ts'

const GRAPH: GraphView = {
  nodes: [
    {
      id: 'identity',
      kind: 'Identity',
      namespace: '',
      name: 'role/ack-secrets',
      state: 'warning',
      detail: 'acs:ram::1234567890123456:role/ack-secrets',
      column: 0,
    },
    {
      id: 'kms-db',
      kind: 'KMSSecret',
      namespace: '',
      name: 'prod/shop/database',
      state: 'error',
      detail: 'AccessDenied',
      column: 0,
    },
    {
      id: 'kms-token',
      kind: 'KMSSecret',
      namespace: '',
      name: 'prod/shop/api-token',
      state: 'ok',
      detail: 'version v12, ACSCurrent',
      column: 0,
    },
    { id: 'store', kind: 'SecretStore', namespace: 'shop', name: 'kms', state: 'ok', detail: 'Ready', column: 1 },
    {
      id: 'resource',
      kind: 'ExternalSecret',
      namespace: 'shop',
      name: 'api',
      state: 'error',
      detail: 'AccessDenied',
      column: 2,
    },
    {
      id: 'cluster',
      kind: 'ClusterExternalSecret',
      namespace: '',
      name: 'registry-pull',
      state: 'warning',
      detail: '6 of 8 namespaces',
      column: 2,
    },
    {
      id: 'secret',
      kind: 'Secret',
      namespace: 'shop',
      name: 'api',
      state: 'warning',
      detail: '4 keys, last values',
      column: 3,
    },
    {
      id: 'w1',
      kind: 'Deployment',
      namespace: 'shop',
      name: 'storefront',
      state: 'ok',
      detail: '3 of 3 ready',
      column: 4,
    },
    {
      id: 'w2',
      kind: 'Deployment',
      namespace: 'shop',
      name: 'checkout',
      state: 'warning',
      detail: '1 of 2 ready',
      column: 4,
    },
    { id: 'w3', kind: 'CronJob', namespace: 'shop', name: 'nightly-report', state: 'unknown', detail: '', column: 4 },
  ],
  edges: [
    { from: 'identity', to: 'store', label: 'authenticates' },
    { from: 'kms-db', to: 'store', label: 'username, password' },
    { from: 'kms-token', to: 'store', label: 'token' },
    { from: 'store', to: 'resource', label: '' },
    { from: 'cluster', to: 'resource', label: 'creates' },
    { from: 'resource', to: 'secret', label: 'writes' },
    { from: 'secret', to: 'w1', label: 'env DB_PASSWORD' },
    { from: 'secret', to: 'w2', label: 'volume secrets' },
    { from: 'secret', to: 'w3', label: 'env TOKEN' },
  ],
  more: 0,
}

const SOURCES: readonly SourceView[] = [
  {
    secret: 'prod/shop/database',
    state: 'failed',
    message: 'AccessDenied: identity acs:ram::1234567890123456:role/ack-secrets has no kms:GetSecretValue',
    store: 'SecretStore shop/kms',
    versionId: '7f3c2b1e',
    versionStage: 'ACSCurrent',
    type: 'Rds',
    rotation: { automatic: true, nextTime: at(95) },
    keys: ['username', 'password', 'host'],
  },
  {
    secret: 'prod/shop/api-token',
    state: 'ok',
    message: '',
    store: 'SecretStore shop/kms',
    versionId: 'v12',
    versionStage: 'ACSCurrent',
    type: 'Generic',
    keys: ['token'],
  },
]

const GENERATED: readonly GeneratedView[] = [
  { key: 'admin-password', generator: 'password', generatedAt: at(-60 * 24), renewsAt: at(60 * 24 * 29) },
  {
    key: 'upload-session',
    generator: 'stsToken',
    store: 'SecretStore shop/kms',
    generatedAt: at(-50),
    renewsAt: at(-9),
    expiresAt: at(10),
  },
  { key: '.dockerconfigjson', generator: 'containerRegistry', store: 'ClusterSecretStore shared' },
]

const FAILED_GENERATORS: ResourceDetail['failedGenerators'] = [
  { generator: 'sts token', message: 'AccessDenied: sts:AssumeRole of acs:ram::1234567890123456:role/upload' },
]

function workloads(namespace: string): readonly WorkloadView[] {
  return [
    {
      kind: 'Deployment',
      namespace,
      name: 'storefront',
      uses: ['env DB_PASSWORD', 'env DB_USERNAME'],
      ready: 3,
      wanted: 3,
      restartedAt: at(-449),
    },
    { kind: 'Deployment', namespace, name: 'checkout', uses: ['volume secrets'], ready: 1, wanted: 2 },
    { kind: 'CronJob', namespace, name: 'nightly-report', uses: ['env TOKEN'] },
  ]
}

/** A resource whose read is denied, with everything that a detail can have. */
export function resourceDetail(row: ResourceRow, part: Partial<ResourceDetail> = {}): ResourceDetail {
  const { namespace, name } = row
  return {
    row,
    message: row.message,
    uid: `uid-${row.key}`,
    createdAt: at(-60 * 24 * 210),
    conditions: [
      {
        type: 'Ready',
        status: row.state === 'ready' ? 'True' : 'False',
        reason: row.reason,
        message: row.message,
        since: at(-420),
      },
      {
        type: 'RestartPending',
        status: 'Unknown',
        reason: 'WaitingForSecret',
        message: 'restarts follow the next write',
      },
    ],
    sources: SOURCES,
    generated: GENERATED,
    failedGenerators: FAILED_GENERATORS,
    target: {
      namespace,
      name: row.secret,
      state: 'present',
      isPolled: false,
      type: 'Opaque',
      keyCount: 4,
      createdAt: at(-60 * 24 * 210),
      changedAt: at(-450),
    },
    workloads: workloads(namespace),
    readWorkloads: ['Deployment', 'StatefulSet', 'CronJob'],
    hiddenWorkloads: ['DaemonSet'],
    unreadWorkloads: [],
    events: {
      state: 'known',
      events: [
        { time: at(-4), count: 84, type: 'Warning', reason: 'AccessDenied', message: row.message },
        {
          time: at(-450),
          count: 1,
          type: 'Normal',
          reason: 'Synced',
          message: 'wrote Secret shop/api: password changed',
        },
      ],
    },
    graph: GRAPH,
    guide: DENIED_GUIDE,
    rotationInterval: '120s',
    commands: [
      { for: 'status', text: `acksm status ${name} -n ${namespace}` },
      { for: 'tree', text: `acksm tree ${name} -n ${namespace}` },
      { for: 'refresh', text: `acksm refresh ${name} -n ${namespace} --wait` },
      { for: 'yaml', text: `kubectl get externalsecrets.alibabacloud.com ${name} -n ${namespace} -o yaml` },
    ],
    actions: {
      refresh: { state: 'allowed' },
      suspend: { state: 'allowed' },
      resume: { state: 'no-effect', why: 'it is not suspended' },
    },
    ...part,
  }
}

export function storeDetail(row: StoreRow, part: Partial<StoreDetail> = {}): StoreDetail {
  return {
    row,
    message: row.message,
    graph: {
      nodes: [
        {
          id: 'identity',
          kind: 'Identity',
          namespace: '',
          name: 'role/ack-secrets',
          state: 'ok',
          detail: row.principal,
          column: 0,
        },
        {
          id: 'store',
          kind: row.kind,
          namespace: row.namespace,
          name: row.name,
          state: 'warning',
          detail: row.reason,
          column: 1,
        },
        ...Array.from({ length: 9 }, (_node, index) => ({
          id: `r${index}`,
          kind: 'ExternalSecret',
          namespace: 'shop',
          name: `api-${index}`,
          state: index === 8 ? ('error' as const) : ('ok' as const),
          detail: index === 8 ? 'AccessDenied' : 'Synced',
          column: 2,
        })),
      ],
      edges: [
        { from: 'identity', to: 'store', label: '' },
        ...Array.from({ length: 9 }, (_edge, index) => ({ from: 'store', to: `r${index}`, label: '' })),
      ],
      more: 0,
    },
    events: { state: 'forbidden' },
    ...part,
  }
}
