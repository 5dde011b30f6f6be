import type {
  AccessView,
  ClusterExternalSecretRow,
  ReadKind,
  ResourceRow,
  ResourceState,
  Snapshot,
  StoreRow,
} from '../../model/views/index.ts'
import { at, countsOf, NAMES, NAMESPACES, NO_COUNTS, NOW } from './base-fixtures.ts'
import { overviewOf } from './overview-fixtures.ts'
import { pushSecretRow } from './push-fixtures.ts'

const DENIED =
  'KMS denied the read of prod/shop/database: identity acs:ram::1234567890123456:role/ack-secrets has no kms:GetSecretValue'

/** The state of a row by its number: a few of each hundred are not ready. */
function stateOf(index: number): ResourceState {
  const part = index % 100
  if (part === 0) return 'failing'
  if (part === 7 || part === 31) return 'degraded'
  if (part === 50) return 'pending'
  if (part === 70) return 'suspended'
  return 'ready'
}

const REASONS: Readonly<Record<ResourceState, readonly [reason: string, message: string]>> = {
  ready: ['Synced', '4 keys up to date'],
  degraded: ['Stale', 'KMS is unavailable: connection to kms-vpc.cn-hangzhou.aliyuncs.com timed out; last values kept'],
  failing: ['AccessDenied', DENIED],
  pending: ['', ''],
  suspended: ['Suspended', 'spec.suspend is true'],
}

export function rows(count: number): readonly ResourceRow[] {
  return Array.from({ length: count }, (_row, index): ResourceRow => {
    const state = stateOf(index)
    const namespace = NAMESPACES[index % NAMESPACES.length] ?? ''
    const round = Math.floor(index / (NAMES.length * NAMESPACES.length))
    const name = `${NAMES[Math.floor(index / NAMESPACES.length) % NAMES.length] ?? ''}${round === 0 ? '' : `-${round}`}`
    const [reason, message] = REASONS[state]
    return {
      key: `${namespace}/${name}`,
      namespace,
      name,
      state,
      reason,
      message,
      ...(state === 'pending'
        ? {}
        : { since: at(-(index % 5_000) - 24), changedAt: at(-(index % 900) - 2), keyCount: (index % 7) + 1 }),
      secret: name,
      ...(index % 4 === 0 ? { nextRotation: at((index % 40) * 720 + 95) } : {}),
      stores: index % 3 === 0 ? [`SecretStore ${namespace}/kms`] : ['ClusterSecretStore shared'],
      ...(index % 11 === 0 ? { createdBy: 'registry-pull' } : {}),
      isOutdated: index % 100 === 50,
      isDeleting: false,
      isRefreshing: index % 100 === 13,
    }
  })
}

export function storeRow(id: string, part: Partial<StoreRow> = {}): StoreRow {
  const [kind = '', ref = ''] = id.split(' ')
  const [name = '', namespace = ''] = ref.split('/').toReversed()
  return {
    id,
    kind: kind as StoreRow['kind'],
    namespace,
    name,
    state: 'ready',
    reason: 'Ready',
    message: 'uses kms-vpc.cn-hangzhou.aliyuncs.com as acs:ram::1234567890123456:role/ack-secrets',
    since: at(-60 * 24 * 9),
    provider: 'KMS',
    endpoint: 'kms-vpc.cn-hangzhou.aliyuncs.com',
    principal: 'acs:ram::1234567890123456:role/ack-secrets',
    account: '1234567890123456',
    users: NO_COUNTS,
    admission: { conditions: [], allow: [] },
    ...part,
  }
}

function stores(all: readonly ResourceRow[]): readonly StoreRow[] {
  const users = (id: string) => countsOf(all.filter((row) => row.stores.includes(id)))
  return [
    ...NAMESPACES.map((namespace) => {
      const id = `SecretStore ${namespace}/kms`
      const refusal = {
        time: at(-3),
        reason: 'AccessDenied',
        message: DENIED,
        resource: 'shop/api',
      }
      return storeRow(id, { users: users(id), ...(namespace === 'shop' ? { lastRefusal: refusal } : {}) })
    }),
    storeRow('ClusterSecretStore shared', {
      users: users('ClusterSecretStore shared'),
      state: 'unreachable',
      reason: 'Unavailable',
      message: 'kms-vpc.cn-hangzhou.aliyuncs.com does not respond since 02:40; last response at 02:39',
      since: at(-24),
      lastResponse: at(-25),
      admission: {
        conditions: [
          { namespaces: ['shop', 'billing'], regexes: [], labels: '' },
          { namespaces: [], regexes: ['team-.*'], labels: 'secrets.example.com/shared=true' },
        ],
        allow: [{ namespaces: ['shop'], secrets: ['prod/shop/*'], endpoints: [] }],
        maxSecretsPerNamespace: 200,
        maxReadsPerSecond: 20,
      },
    }),
    storeRow('ClusterSecretStore legacy-instance', {
      state: 'failing',
      reason: 'AuthenticationFailed',
      message: 'Secret kube-system/kms-client-key has no key clientKey.json',
      since: at(-60 * 30),
      principal: '',
      account: '',
      provider: '',
    }),
  ]
}

export function clusterRow(part: Partial<ClusterExternalSecretRow> = {}): ClusterExternalSecretRow {
  return {
    name: 'registry-pull',
    state: 'failing',
    reason: 'NamespaceFailed',
    message: '2 of 8 namespaces failed',
    since: at(-200),
    externalSecretName: 'api',
    isSuspended: false,
    provisioned: NAMESPACES.toSorted(),
    failed: [
      { namespace: 'sandbox', reason: 'TargetConflict: ExternalSecret sandbox/api exists and is not managed by it' },
      { namespace: 'legacy', reason: 'the namespace is being deleted' },
    ],
    resources: { ...NO_COUNTS, total: 8, ready: 6, degraded: 1, failing: 1 },
    ...part,
  }
}

const KINDS: readonly ReadKind[] = [
  'ExternalSecret',
  'SecretStore',
  'ClusterSecretStore',
  'ClusterExternalSecret',
  'PushSecret',
  'Deployment',
  'StatefulSet',
  'DaemonSet',
  'CronJob',
  'OperatorDeployment',
  'OperatorPod',
  'Lease',
  'ClusterRoleBinding',
]

export function access(parts: Partial<Record<ReadKind, Partial<AccessView>>> = {}): readonly AccessView[] {
  return KINDS.map((kind, index) => ({
    kind,
    state: 'live',
    count: (index * 37) % 400,
    since: at(-60),
    message: '',
    hint: '',
    ...parts[kind],
  }))
}

/** A cluster of this many ExternalSecrets, a few of which are not ready. */
export function snapshot(count: number, part: Partial<Snapshot> = {}): Snapshot {
  const all = rows(count)
  return {
    session: {
      version: '0.1.0',
      context: 'prod-hangzhou',
      apiServer: 'https://10.0.0.1:6443',
      isReadOnly: false,
    },
    cluster: { state: 'live', since: at(-60), message: '', hint: '' },
    access: access(),
    overview: overviewOf(all),
    resources: all,
    stores: stores(all),
    clusterExternalSecrets: [
      clusterRow(),
      clusterRow({ name: 'ca-bundle', state: 'ready', reason: 'Synced', message: '8 namespaces', failed: [] }),
    ],
    pushSecrets: [
      pushSecretRow('web'),
      pushSecretRow('audit', { state: 'ready', reason: 'Synced', message: '3 KMS secrets are up to date', failed: 0 }),
    ],
    now: new Date(NOW).toISOString(),
    ...part,
  }
}
