import type { PushSecretDetail, PushSecretRow, PushSecretsView } from '../../model/views/index.ts'
import { at } from './base-fixtures.ts'

const CONFLICT = 'KMS secret "shop/web/password": it was not created by this PushSecret; choose another key'
const FAILED = 'StoreNotAllowed: allowPush of SecretStore shop/kms does not name shop/web/token'

/** A PushSecret of the namespace `shop` with a conflict. */
export function pushSecretRow(name: string, part: Partial<PushSecretRow> = {}): PushSecretRow {
  return {
    id: `PushSecret shop/${name}`,
    namespace: 'shop',
    name,
    state: 'degraded',
    reason: 'Degraded',
    message: `${CONFLICT} (and 1 more)`,
    since: at(-42),
    secret: `${name}-credentials`,
    stores: ['SecretStore shop/kms'],
    total: 4,
    failed: 2,
    pushedAt: at(-42),
    isOutdated: name === 'web',
    isDeleting: false,
    ...part,
  }
}

/** Everything that a detail can have. */
export function pushSecretDetail(row: PushSecretRow, part: Partial<PushSecretDetail> = {}): PushSecretDetail {
  const store = 'SecretStore shop/kms'
  return {
    row,
    message: row.message,
    createdAt: at(-60 * 24 * 12),
    conditions: [{ type: 'Ready', status: 'False', reason: row.reason, message: row.message, since: at(-42) }],
    source: { namespace: row.namespace, name: row.secret, state: 'present', isPolled: false, createdAt: at(-90) },
    selectedKeys: ['username', 'password', 'token'],
    entries: [
      { key: 'shop/{{ .name }}', stages: ['from-{{ .namespace }}'] },
      { key: 'shop/{{ .name }}/{{ .secretKey }}', secretKey: 'password', stages: [] },
      { key: 'shop/web/token', secretKey: 'token', stages: [] },
    ],
    targets: [
      {
        key: 'shop/web',
        store,
        state: 'Pushed',
        message: '',
        versionId: 'acksm-3-kbqy3ffbJ8XpmVsz',
        pushedAt: at(-42),
      },
      { key: 'shop/web/password', store, state: 'Failed', message: CONFLICT, versionId: '' },
      { key: 'shop/web/token', store, state: 'Failed', message: FAILED, versionId: '' },
      { key: 'shop/old', store: 'ClusterSecretStore shared', state: 'Deleting', message: '', versionId: 'acksm-1-a' },
    ],
    policies: { update: 'Replace', deletion: 'Delete', recoveryDays: 7, interval: '30m' },
    events: {
      state: 'known',
      events: [{ time: at(-42), count: 3, type: 'Warning', reason: 'Degraded', message: row.message }],
    },
    graph: {
      nodes: [
        {
          id: 'secret',
          kind: 'Secret',
          namespace: 'shop',
          name: row.secret,
          state: 'unknown',
          detail: '3 keys',
          column: 0,
        },
        { id: 'push', kind: 'PushSecret', namespace: 'shop', name: row.name, state: 'error', detail: '', column: 1 },
        { id: 'store', kind: 'SecretStore', namespace: 'shop', name: 'kms', state: 'ok', detail: '', column: 2 },
        { id: 'kms', kind: 'KMSSecret', namespace: '', name: 'shop/web', state: 'ok', detail: 'Pushed', column: 3 },
      ],
      edges: [
        { from: 'secret', to: 'push', label: '' },
        { from: 'push', to: 'store', label: '' },
        { from: 'store', to: 'kms', label: '' },
      ],
      more: 0,
    },
    guide: {
      id: 'pushsecret-degraded',
      reason: 'Degraded',
      means: 'Entries failed for different reasons; `.status.secrets` has each.',
      cure: 'Correct each of these entries, by its reason.',
      run: [`kubectl describe pushsecrets.alibabacloud.com ${row.name} -n ${row.namespace}`, 'acksm versions SECRET'],
    },
    commands: [
      { for: 'tree', text: `acksm tree push/${row.name} -n ${row.namespace}` },
      { for: 'explain', text: 'acksm explain Degraded' },
      { for: 'yaml', text: `kubectl get pushsecrets.alibabacloud.com ${row.name} -n ${row.namespace} -o yaml` },
    ],
    ...part,
  }
}

/** PushSecrets on the overview, with a problem each of one and of many. */
export const PUSH_SECRETS: PushSecretsView = {
  counts: { total: 62, ready: 11, degraded: 1, failing: 0, pending: 50 },
  problems: [
    {
      reason: 'Unknown',
      cause: 'the operator has not reported on it yet',
      stores: ['ClusterSecretStore shared'],
      pushSecrets: Array.from({ length: 20 }, (_, index) => `PushSecret shop/p${index}`),
      count: 50,
    },
    {
      reason: 'Degraded',
      cause: CONFLICT,
      stores: ['SecretStore shop/kms'],
      pushSecrets: ['PushSecret shop/web'],
      count: 1,
      since: at(-42),
    },
  ],
  more: 0,
}
