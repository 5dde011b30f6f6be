import type { Seed } from '@ack-secret-manager/kms-simulator'
import { ACCESS_KEY, accessKeyStore, apply, NamespaceObjects, type TestNamespace } from '@ack-secret-manager/testenv'
import type { Asciicast } from '../terminal/asciicast.ts'
import { recordSession } from '../terminal/record-session.ts'
import { pictureOfPage } from './page-picture.ts'
import { PictureCluster } from './picture-cluster.ts'

const SIZE = { width: 104, height: 40 }
/** KMS secrets of each team; the policy and KMS do not have all of them. */
const RESOURCES = [
  ['shop', 'web', ['shop/web', 'shop/api-token']],
  ['shop', 'worker', ['shop/web']],
  ['payments', 'gateway', ['payments/gateway']],
  ['payments', 'ledger', ['payments/ledger']],
  ['payments', 'invoices', ['payments/ledger', 'payments/gateway']],
  ['search', 'index', ['search/index']],
  ['search', 'crawler', ['search/crawler']],
  ['reports', 'nightly', ['finance/reports']],
] as const
const EXISTING = [
  'shop/web',
  'shop/api-token',
  'payments/gateway',
  'payments/ledger',
  'search/index',
  'finance/reports',
]
const ALLOWED = ['shop/*', 'payments/*', 'search/*']

/** What `acksm status -A` and `acksm ui -A` show of one moment. */
export interface StatusPictures {
  readonly status: Asciicast
  /** PNG. */
  readonly page: Uint8Array
}

/** Records a moment in which KMS fails for one team, and two others have mistakes of their own. */
export async function recordStatus(cluster: TestNamespace): Promise<StatusPictures> {
  await using place = await PictureCluster.start({
    cluster,
    seed: statusSeed(),
    flags: ['--polling-interval=2s'],
  })
  const teams = new Map<string, NamespaceObjects>()
  for (const [namespace, name, secrets] of RESOURCES) {
    const team = teams.get(namespace) ?? (await createTeam(cluster, namespace))
    teams.set(namespace, team)
    const secretStoreRef = { name: 'kms' }
    const data = secrets.map((key) => ({ key, name: key.slice(key.indexOf('/') + 1), secretStoreRef }))
    await team.apply('ExternalSecret', name, { data })
  }
  await teams.get('search')?.apply('ExternalSecret', 'archive', {
    suspend: true,
    data: [{ key: 'search/index', name: 'index', secretStoreRef: { name: 'kms' } }],
  })
  await createUsers(cluster)
  const untilReason = (namespace: string, name: string, reason: string) =>
    teams.get(namespace)?.untilReason('externalsecrets', name, reason, 120_000)
  await untilReason('payments', 'invoices', 'Synced')
  await untilReason('reports', 'nightly', 'AccessDenied')
  await untilReason('search', 'crawler', 'SecretNotFound')
  await place.simulator.control('POST', '/faults', { match: { secret: 'payments/*' }, fault: 'http503' })
  for (const name of ['gateway', 'ledger', 'invoices']) await untilReason('payments', name, 'Stale')
  const shell = await place.shell()
  const page = await pictureOfPage(shell, cluster.namespace)
  return { status: await recordSession({ ...SIZE, ...shell, steps: [{ command: 'acksm status -A' }] }), page }
}

function statusSeed(): Seed {
  return {
    accessKeys: [{ ...ACCESS_KEY, allow: [{ actions: ['kms:GetSecretValue'], resources: ALLOWED }] }],
    secrets: EXISTING.map((name) => ({ name, versions: [{ id: 'v1', data: `value of ${name}` }] })),
  }
}

async function createTeam({ request, kubeconfigPath }: TestNamespace, namespace: string): Promise<NamespaceObjects> {
  await apply(request, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } })
  const team = new NamespaceObjects({ request, kubeconfigPath, namespace })
  await team.putSecret('kms-key', { ...ACCESS_KEY })
  await team.apply('SecretStore', 'kms', accessKeyStore('kms-key'))
  return team
}

/** Workloads that use the Secrets. */
async function createUsers({ request }: TestNamespace): Promise<void> {
  for (const [namespace, secret] of RESOURCES.filter(([each]) => each === 'payments' || each === 'shop')) {
    const labels = { app: secret }
    const containers = [{ name: 'app', image: 'app', envFrom: [{ secretRef: { name: secret } }] }]
    const spec = { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers } } }
    const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: secret, namespace }, spec }
    await apply(request, deployment)
  }
}
