import { setTimeout as pause } from 'node:timers/promises'
import type { Seed } from '@ack-secret-manager/kms-simulator'
import { ACCESS_KEY, ACCOUNT, READ, roleArn, type TestNamespace, textSecrets } from '@ack-secret-manager/testenv'
import { instanceHost, PictureCluster } from '../stories/picture-cluster.ts'
import { dashboardPanels } from './dashboard-file.ts'
import { type PanelData, readPanels } from './panel-data.ts'
import { PrometheusServer, type QueryRange } from './prometheus-server.ts'

/** Durations of the parts of a run, in seconds. */
export interface RunPlan {
  readonly calm: number
  readonly rotations: number
  readonly outage: number
  readonly recovery: number
  readonly handover: number
}

/** Something that happened in a run, for the picture. */
export interface RunEvent {
  readonly kind: 'rotations' | 'outage' | 'handover'
  readonly start: number
  readonly end: number
}

/** What a run has produced. */
export interface DashboardRun {
  readonly panels: readonly PanelData[]
  readonly events: readonly RunEvent[]
  readonly range: QueryRange
  /** Names of the metrics that the operators expose. */
  readonly metrics: ReadonlySet<string>
}

const SCRAPE_SECONDS = 3
const SECRETS = 60
/** Each reads two secrets; the first ones restart a Deployment. */
const RESOURCES = 30
const ROLE = 'shop'
const INSTANCE = 'kst-shop'
const CLIENT_KEY = 'KAAP.shop'
const QUEUE = 'hints'
/** In the labels, as a scraped installation has them. */
const OPERATOR_NAMESPACE = 'kube-system'
const INSTANCE_EVERY = 5
const RESTARTING = 8
const SYNC_DEADLINE_MS = 120_000
const nowSeconds = (): number => Date.now() / 1_000
const secretOf = (index: number): string => `shop/${index}`

/**
 * Two replicas with 60 secrets, scraped by a real Prometheus: secrets are rotated, KMS is unavailable and recovers, the leader stops.
 * @returns the results of all queries of the chart's dashboard
 */
export async function runForDashboard(cluster: TestNamespace, plan: RunPlan): Promise<DashboardRun> {
  const flags = [`--watch-namespaces=${cluster.namespace}`, '--polling-interval=5s', '--kms-batch', '--log-level=info']
  const hints = { queue: `acs:mns:cn-hangzhou:${ACCOUNT}:/queues/${QUEUE}`, accessKey: ACCESS_KEY }
  await using place = await PictureCluster.start({ cluster, seed: SEED, replicas: 2, flags, hints })
  await createResources(place)
  const targets = place.operators.map(({ metricsPort: port }, index) => ({
    port,
    labels: { namespace: OPERATOR_NAMESPACE, pod: `ack-secret-manager-${index}` },
  }))
  await using prometheus = await PrometheusServer.start(targets, SCRAPE_SECONDS)
  for (let index = 0; index < RESOURCES; index += 1)
    await place.untilReason('externalsecrets', nameOf(index), 'Synced', SYNC_DEADLINE_MS)
  const { events, start } = await new Story(place, plan).run()
  const range = { start: Math.floor(start), end: Math.floor(nowSeconds()), step: SCRAPE_SECONDS }
  const variables = { namespace: OPERATOR_NAMESPACE, scrapeSeconds: SCRAPE_SECONDS }
  return {
    panels: await readPanels(prometheus, await dashboardPanels(), { range, variables }),
    events,
    range,
    metrics: await prometheus.metricNames(),
  }
}

/** What happens while Prometheus scrapes. */
class Story {
  readonly #place: PictureCluster
  readonly #plan: RunPlan
  readonly #events: RunEvent[] = []

  constructor(place: PictureCluster, plan: RunPlan) {
    this.#place = place
    this.#plan = plan
  }

  async run(): Promise<{ events: readonly RunEvent[]; start: number }> {
    const { calm, recovery, rotations, outage, handover } = this.#plan
    const [leader, standby] = this.#place.operators
    const start = nowSeconds()
    await pause(calm * 1_000)
    await this.#during('rotations', () => this.#rotate(rotations))
    await pause(calm * 1_000)
    await this.#during('outage', () => this.#failKms(outage))
    await pause(recovery * 1_000)
    await this.#during('handover', async () => {
      await leader?.stop()
      await standby?.leading()
    })
    await pause(handover * 1_000)
    return { events: this.#events, start }
  }

  async #during(kind: RunEvent['kind'], work: () => Promise<void>): Promise<void> {
    const start = nowSeconds()
    await work()
    this.#events.push({ kind, start, end: nowSeconds() })
  }

  /** One secret after the other gets a new version. */
  async #rotate(seconds: number): Promise<void> {
    const count = SECRETS / 2
    for (let index = 0; index < count; index += 1) {
      await this.#place.simulator.put(secretOf(index), `${index} rotated`, 'v2')
      await pause((seconds * 1_000) / count)
    }
  }

  async #failKms(seconds: number): Promise<void> {
    await this.#place.simulator.control('POST', '/faults', { match: {}, fault: 'http503' })
    await pause(seconds * 1_000)
    await this.#place.simulator.control('DELETE', '/faults')
  }
}

const nameOf = (index: number): string => `shop-${index}`

/** The AccessKey assumes a role, which reads; the instance has a client key. */
const SEED: Seed = {
  accessKeys: [{ ...ACCESS_KEY, allow: [{ actions: ['sts:AssumeRole', 'mns:*'], resources: ['*'] }] }],
  roles: [{ name: ROLE, trust: { accessKeys: [ACCESS_KEY.id] }, allow: READ }],
  instances: [{ id: INSTANCE, clientKeys: [{ id: CLIENT_KEY, password: 'shop-client-key', secrets: ['*'] }] }],
  queues: [{ name: QUEUE }],
  eventRules: [{ queue: QUEUE, delay: '1s' }],
  secrets: textSecrets(
    Object.fromEntries(Array.from({ length: SECRETS }, (_, index) => [secretOf(index), String(index)])),
  ),
}

async function createResources(place: PictureCluster): Promise<void> {
  await createStores(place)
  const labels = { app: 'shop' }
  const template = { metadata: { labels }, spec: { containers: [{ name: 'shop', image: 'shop' }] } }
  const spec = { selector: { matchLabels: labels }, template }
  await place.applyObject({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'shop' }, spec })
  for (let index = 0; index < RESOURCES; index += 1) {
    const secretStoreRef = { name: index % INSTANCE_EVERY === 0 ? 'instance' : 'kms' }
    const data = [index, index + RESOURCES].map((secret) => ({
      key: secretOf(secret),
      name: `key-${secret}`,
      secretStoreRef,
    }))
    const restart = index < RESTARTING ? { restart: [{ kind: 'Deployment', name: 'shop' }] } : {}
    await place.apply('ExternalSecret', nameOf(index), { data, ...restart })
  }
}

async function createStores(place: PictureCluster): Promise<void> {
  await place.putSecret('kms-key', { ...ACCESS_KEY })
  const ref = (name: string, key: string): object => ({ name, key })
  const roleAuth = {
    accessKey: ref('kms-key', 'id'),
    accessKeySecret: ref('kms-key', 'secret'),
    ramRoleARN: roleArn(ROLE),
    ramRoleSessionName: 'shop',
  }
  await place.apply('SecretStore', 'kms', { KMS: { KMSAuth: roleAuth } })
  const { file, password } = await place.simulator.clientKey(CLIENT_KEY)
  await place.putSecret('client-key', { file, password })
  const clientKey = { clientKeyContent: ref('client-key', 'file'), password: ref('client-key', 'password') }
  const { protocol, ca } = await place.simulator.instance()
  const instance = { protocol, ca, endpoint: instanceHost(INSTANCE) }
  await place.apply('SecretStore', 'instance', { KMS: { dedicatedKMSAuth: { ...instance, ...clientKey } } })
}
