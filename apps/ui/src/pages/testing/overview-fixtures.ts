import type {
  CalendarView,
  GuideView,
  KmsView,
  OperatorView,
  OverviewView,
  ResourceRow,
} from '../../model/views/index.ts'
import { at, countsOf, NAMES, NAMESPACES, NOW } from './base-fixtures.ts'
import { PUSH_SECRETS } from './push-fixtures.ts'

export const DENIED_GUIDE: GuideView = {
  reason: 'AccessDenied',
  id: 'accessdenied',
  means: 'The identity may not read this secret.',
  cure: 'Grant the identity in the message `kms:GetSecretValue` on the secret and `kms:Decrypt` on its key.',
  secret: 'keeps its last values',
  retried: 'at the interval',
  run: ['acksm status store/kms -n shop', 'acksm doctor --kube', 'acksm refresh api -n shop --wait'],
}

const STALE_GUIDE: GuideView = {
  reason: 'Stale',
  id: 'stale',
  means: 'KMS is unavailable, and the values are older than three refresh intervals.',
  cure: 'Check endpoint, VPC, DNS, security group and certificate; `--kms-qps` if KMS throttles.',
  secret: 'keeps its last values',
  retried: 'with backoff, up to five minutes',
  run: ['acksm status -A', 'acksm status clusterstore/shared', 'acksm doctor --kube'],
}

const OPERATOR: OperatorView = {
  state: 'running',
  detail: '',
  namespace: 'kube-system',
  isConfirmed: true,
  version: '0.1.0',
  image: 'registry.example.com/ack-secret-manager:0.1.0',
  wanted: 2,
  ready: 2,
  leader: 'ack-secret-manager-6d9f7c5b4-x2k8p',
  isLed: true,
  replicas: [
    {
      name: 'ack-secret-manager-6d9f7c5b4-x2k8p',
      node: 'cn-hangzhou.10.0.3.41',
      isReady: true,
      isLeader: true,
      phase: 'Running',
      restarts: 0,
      startedAt: at(-60 * 24 * 4),
    },
    {
      name: 'ack-secret-manager-6d9f7c5b4-q7wzd',
      node: 'cn-hangzhou.10.0.4.17',
      isReady: true,
      isLeader: false,
      phase: 'Running',
      restarts: 1,
      startedAt: at(-60 * 24 * 4),
    },
  ],
}

const KMS: KmsView = {
  state: 'known',
  at: at(-0.2),
  pod: 'ack-secret-manager-6d9f7c5b4-x2k8p',
  reads: 184_213,
  errors: 912,
  byResult: [
    { backend: 'kms', result: 'Timeout', count: 871 },
    { backend: 'kms', result: 'AccessDenied', count: 41 },
  ],
  sources: 1_204,
  oldestSeconds: 1_512,
  history: {
    times: Array.from({ length: 60 }, (_time, minute) => NOW / 1_000 - (60 - minute) * 60),
    reads: Array.from({ length: 60 }, (_read, minute) =>
      minute === 12 ? null : minute < 36 ? 480 + 90 * Math.sin(minute / 3) : 130 + 40 * Math.sin(minute),
    ),
    errors: Array.from({ length: 60 }, (_error, minute) => (minute < 36 ? 0 : 38 + 6 * Math.cos(minute))),
  },
}

const CALENDAR: CalendarView = {
  rotations: [-130, 95, 815, 1_535, 1_600, 4_415, 4_600, 4_700, 11_000, 21_000, 21_500, 40_000].map(
    (minutes, index) => ({
      time: at(minutes),
      secret: `prod/${NAMESPACES[index % NAMESPACES.length]}/${NAMES[index % NAMES.length]}`,
      kind: index === 2 ? 'token' : 'kms',
      type: index % 3 === 0 ? 'Rds' : 'RAMCredentials',
      automatic: index % 5 !== 4,
      resources: [`${NAMESPACES[index % NAMESPACES.length]}/${NAMES[index % NAMES.length]}`],
      count: index === 1 ? 5 : 1,
    }),
  ),
  more: 0,
}

/** An overview with an outage and a denied read. */
export function overviewOf(all: readonly ResourceRow[]): OverviewView {
  const failing = all.filter(({ state }) => state === 'failing').map(({ key }) => key)
  const degraded = all.filter(({ state }) => state === 'degraded').map(({ key }) => key)
  return {
    counts: countsOf(all),
    causes: [
      {
        id: 'stale-shared',
        reason: 'Stale',
        cause: 'connection to kms-vpc.cn-hangzhou.aliyuncs.com timed out',
        stores: ['ClusterSecretStore shared'],
        resources: degraded.slice(0, 100),
        count: degraded.length,
        total: Math.ceil(all.length * 0.66),
        since: at(-24),
        lastGood: at(-25),
        usedBy: { Deployment: 12, CronJob: 1 },
        guide: STALE_GUIDE,
      },
      {
        id: 'denied-shop',
        reason: 'AccessDenied',
        cause: 'identity acs:ram::1234567890123456:role/ack-secrets has no kms:GetSecretValue',
        stores: ['SecretStore shop/kms'],
        resources: failing.slice(0, 100),
        count: failing.length,
        total: Math.ceil(all.length * 0.04),
        since: at(-60 * 7),
        usedBy: { Deployment: 2 },
        guide: DENIED_GUIDE,
      },
    ],
    more: { causes: 0, resources: 0 },
    storeProblems: [
      {
        stores: ['ClusterSecretStore legacy-instance'],
        state: 'AuthenticationFailed',
        cause: 'Secret kube-system/kms-client-key has no key clientKey.json',
        since: at(-60 * 30),
      },
    ],
    moreStoreProblems: 0,
    pushSecrets: PUSH_SECRETS,
    changes: [
      { time: at(-1), kind: 'written', resource: 'billing/database', text: '' },
      { time: at(-1), kind: 'restarted', resource: 'billing/database', text: 'Deployment invoices' },
      { time: at(-24), kind: 'not-ready', resource: 'shop/api', text: 'Stale' },
      { time: at(-26), kind: 'ready', resource: 'media/oauth', text: 'Synced' },
      { time: at(-41), kind: 'suspended', resource: 'reports/smtp', text: 'Suspended' },
      { time: at(-55), kind: 'created', resource: 'search/redis', text: '' },
    ],
    calendar: CALENDAR,
    operator: OPERATOR,
    kms: KMS,
  }
}
