import path from 'node:path'
import { symlink, writeFile } from 'node:fs/promises'
import type { TestCluster } from '@ack-secret-manager/control-plane/testing'
import {
  accessKeyStore,
  type ClusterIssuer,
  NamespaceObjects,
  type OperatorProcess,
  providerOf,
  READ,
  roleArn,
  SLOW_INTERVAL,
  TestEnvironment,
  textSecrets,
  trustOf,
  until,
} from '@ack-secret-manager/testenv'
import { canary } from '@ack-secret-manager/test-support/canary'
import { startTestServer, type TestServer } from '@ack-secret-manager/test-support/test-server'

/** Name of the Secret with the digest key, in the operator's namespace. */
export const DIGEST_KEY_SECRET = 'ack-secret-manager-digest-key'

/** Secret that only the victim may read. */
export const VICTIM = 'victim/db'
export const VICTIM_VALUE = canary('victim-value')
const VICTIM_KEY = { id: 'LTAI5tVictim', secret: canary('victim-key') }
/** AccessKey of cluster stores, so that the log distinguishes the victim's reads. */
const SHARED_KEY = { id: 'LTAI5tShared', secret: canary('shared-key') }
const TENANT_KEY = { id: 'LTAI5tTenant', secret: canary('tenant-key') }
/** Operator identity. It may read everything, so that a wrong fallback is visible. */
const OWN = { id: 'LTAI5tOwn', secret: canary('operator-key') }

/** Namespaces of the three parties of {@link TenancyEnvironment}. */
export interface TenancyClusters {
  readonly tenant: TestCluster
  readonly victim: TestCluster
  /** Namespace of the operator, which may use the operator identity. */
  readonly home: TestCluster
}

/** A tenant with a store, a victim with valuable objects, and the operator that serves both. */
export class TenancyEnvironment implements AsyncDisposable {
  readonly tenant: TestEnvironment
  readonly victim: NamespaceObjects
  readonly home: NamespaceObjects
  readonly operator: OperatorProcess
  /** A listener that is not among the allowed endpoints. */
  readonly trap: TestServer
  #victimStore = ''
  #maker = { name: '', uid: '' }
  /** Reads with the victim's key during the setup. */
  #victimReads = 0

  private constructor(parts: Pick<TenancyEnvironment, 'tenant' | 'victim' | 'home' | 'operator' | 'trap'>) {
    this.tenant = parts.tenant
    this.victim = parts.victim
    this.home = parts.home
    this.operator = parts.operator
    this.trap = parts.trap
  }

  static async open(places: TenancyClusters): Promise<TenancyEnvironment> {
    const tenant = await TestEnvironment.start({
      controlPlane: places.tenant,
      seed: (issuer) => seedOf(issuer, places.victim.namespace),
    })
    const trap = tenant.use(await startTestServer((response) => response.destroy()))
    const operator = await tenant.replica({
      namespaces: [places.tenant, places.victim, places.home].map(({ namespace }) => namespace),
      args: [
        `--leader-election-namespace=${places.home.namespace}`,
        `--own-identity-namespaces=platform,${places.home.namespace}`,
        '--enable-worker-role',
        '--polling-interval=1s',
      ],
      env: { ALIBABA_CLOUD_ACCESS_KEY_ID: OWN.id, ALIBABA_CLOUD_ACCESS_KEY_SECRET: OWN.secret },
    })
    await operator.leading()
    const env = new TenancyEnvironment({
      tenant,
      victim: new NamespaceObjects(places.victim),
      home: new NamespaceObjects(places.home),
      operator,
      trap,
    })
    await env.#furnish()
    return env
  }

  /** ClusterSecretStore that reads as the victim and admits the victim alone. */
  get victimStore(): string {
    return this.#victimStore
  }

  /** ClusterExternalSecret that created `made` for the victim only. */
  get maker(): { readonly name: string; readonly uid: string } {
    return this.#maker
  }

  /** Reads of the victim's secret under any of its names, except those of the setup. */
  async thefts(): Promise<readonly string[]> {
    const reads = (await this.#reads()).map((call) =>
      call.identity === VICTIM_KEY.id ? { ...call, count: call.count - this.#victimReads } : call,
    )
    return reads
      .filter(({ count }) => count > 0)
      .map(({ action, secret, identity, count }) => `${identity} ${action} ${secret} ${count}`)
  }

  /** Everything that the operator shows to the tenant: statuses and events of its namespace. */
  async visibleToTenant(): Promise<string> {
    const { request, namespace } = this.tenant.cluster
    const list = async (collection: string): Promise<readonly { status?: object }[]> =>
      (await request<{ items: { status?: object }[] }>('GET', collection)).body.items
    const [resources, stores, events] = await Promise.all([
      list(this.tenant.resourcePath('externalsecrets', '').slice(0, -1)),
      list(this.tenant.resourcePath('secretstores', '').slice(0, -1)),
      list(`/apis/events.k8s.io/v1/namespaces/${namespace}/events`),
    ])
    return JSON.stringify([[...resources, ...stores].map(({ status }) => status), events])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.tenant.cluster.request('DELETE', this.tenant.resourcePath('clusterexternalsecrets', this.#maker.name))
    await this.tenant[Symbol.asyncDispose]()
  }

  async #reads() {
    const { calls } = await this.tenant.simulator.calls()
    return calls.filter(({ action, secret }) => action.startsWith('GetSecret') && secret.includes('victim'))
  }

  async #furnish(): Promise<void> {
    const { tenant, victim } = this
    const secretStoreRef = { name: 'own' }
    for (const [objects, key, secret, value] of [
      [tenant, TENANT_KEY, 'tenant/db', canary('tenant-value')],
      [victim, VICTIM_KEY, VICTIM, VICTIM_VALUE],
    ] as const) {
      await objects.putSecret('kms-key', key)
      await objects.apply('SecretStore', 'own', accessKeyStore('kms-key'))
      await objects.apply('ExternalSecret', 'own', {
        ...SLOW_INTERVAL,
        data: [{ key: secret, name: 'password', secretStoreRef }],
      })
      await objects.untilSecret('own', { password: value })
    }
    await victim.putSecret('shared-key', SHARED_KEY)
    const template = { greeting: '{{ .password }}' }
    const letters = { apiVersion: 'v1', metadata: { name: 'letters' } }
    await victim.applyObject({ ...letters, kind: 'ConfigMap', data: template })
    await victim.applyObject({ ...letters, kind: 'Secret', stringData: template })
    const annotations = { 'ack.alibabacloud.com/role-arn': roleArn('victim') }
    for (const objects of [tenant, victim]) {
      await objects.serviceAccount('shop', annotations)
    }
    const outside = path.join(tenant.directory, '../..', `${tenant.cluster.namespace}-outside`)
    await writeFile(outside, canary('outside'))
    await symlink(outside, path.join(tenant.directory, 'escape'))
    await this.#provide()
    const reads = await this.#reads()
    this.#victimReads = reads.reduce((total, { count }) => total + count, 0)
  }

  /** Creates a ClusterExternalSecret for the victim whose conditions almost match the tenant. */
  async #provide(): Promise<void> {
    const { tenant, victim } = this
    const { namespace } = victim.cluster
    const conditions = [{ namespaces: [namespace] }]
    this.#victimStore = await tenant.clusterStore('victims', {
      ...accessKeyStore('kms-key', namespace),
      conditions,
    })
    const name = `made-${tenant.cluster.namespace}`
    const secretStoreRef = { kind: 'ClusterSecretStore', name: this.#victimStore }
    await tenant.apply('ClusterExternalSecret', name, {
      externalSecretName: 'made',
      externalSecretSpec: { ...SLOW_INTERVAL, data: [{ key: VICTIM, name: 'password', secretStoreRef }] },
      conditions: [
        ...conditions,
        { namespaceRegexes: [tenant.cluster.namespace.slice(1, -1), `${tenant.cluster.namespace}.+`] },
        { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } } },
      ],
    })
    await victim.untilSecret('made', { password: VICTIM_VALUE })
    const where = tenant.resourcePath('clusterexternalsecrets', name)
    await until('the ClusterExternalSecret reports the created ExternalSecret', async () => {
      const { body } = await tenant.cluster.request<{
        metadata: { uid: string }
        status?: { provisionedNamespaces: readonly string[] }
      }>('GET', where)
      this.#maker = { name, uid: body.metadata.uid }
      return body.status?.provisionedNamespaces.join() === namespace
    })
  }
}

function seedOf(issuer: ClusterIssuer, victim: string) {
  return {
    accessKeys: [
      { ...VICTIM_KEY, allow: READ },
      { ...SHARED_KEY, allow: READ },
      { ...OWN, allow: [{ actions: ['*'], resources: ['*'] }] },
      // The key may read everything in KMS, so only the operator protects the victim's secret.
      { ...TENANT_KEY, allow: READ },
    ],
    roles: [
      { name: 'victim', trust: trustOf(issuer, victim, 'shop'), allow: READ },
      { name: 'node', trust: { ecs: true as const }, allow: READ },
    ],
    oidcProviders: [providerOf(issuer)],
    metadata: { role: 'node' },
    instances: [{ id: 'kst-demo', clientKeys: [{ id: 'KAAP.unused', password: canary('unused') }] }],
    parameters: [{ name: VICTIM, value: VICTIM_VALUE }],
    secrets: textSecrets({ [VICTIM]: VICTIM_VALUE, 'tenant/db': canary('tenant-value') }),
  }
}
