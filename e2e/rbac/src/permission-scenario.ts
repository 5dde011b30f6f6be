import { type NamespaceObjects, until } from '@ack-secret-manager/testenv'
import {
  ACCESS_KEY_STORE,
  copyOf,
  type InstallEnvironment,
  PUSH_STORE,
} from '@ack-secret-manager/e2e-install/install-environment'

const FINALIZER = 'finalizer.ack.secrets-manager.alibabacloud.com'
const WORKLOADS = ['Deployment', 'StatefulSet', 'DaemonSet']

/** Exercises everything that the operator does in one namespace, to detect unused permissions. */
export async function exerciseNamespace(environment: InstallEnvironment, shop: NamespaceObjects): Promise<void> {
  await shop.apply('SecretStore', 'kms', ACCESS_KEY_STORE)
  await restarts(environment, shop)
  await templates(shop)
  await renaming(shop)
  await recreating(environment, shop)
  await pushing(shop)
  await serviceAccount(shop)
  await finalizer(shop, 'secretstores', 'kms')
  await finalizer(shop, 'externalsecrets', 'restarting')
}

/** Exercises its cluster-wide tasks. */
export async function exerciseCluster(environment: InstallEnvironment, shop: NamespaceObjects): Promise<void> {
  const { request } = environment.plane
  const { namespace } = shop.cluster
  const inNamespace = JSON.parse(
    JSON.stringify(ACCESS_KEY_STORE).replaceAll('"name":', `"namespace":"${namespace}","name":`),
  ) as object
  await shop.apply('ClusterSecretStore', 'shared', inNamespace)
  await shop.untilReason('clustersecretstores', 'shared', 'Ready')
  await finalizer(shop, 'clustersecretstores', 'shared')
  await shop.apply('ClusterExternalSecret', 'everywhere', {
    externalSecretName: 'made',
    externalSecretSpec: copyOf('kms'),
    conditions: [{ namespaces: [namespace] }],
  })
  await shop.untilSecret('made', { password: 'three' })
  await finalizer(shop, 'clusterexternalsecrets', 'everywhere')
  const made = shop.resourcePath('externalsecrets', 'made')
  await request('PATCH', made, { spec: { rotationInterval: '1h' } })
  await until('the edit is put back', async () => {
    const { body } = await request<{ spec: object }>('GET', made)
    return !('rotationInterval' in body.spec)
  })
  const maker = shop.resourcePath('clusterexternalsecrets', 'everywhere')
  await request('PATCH', maker, { spec: { conditions: [{ namespaces: [] }] } })
  await until('it is taken away', async () => (await request('GET', made)).status === 404)
}

async function restarts({ plane, simulator }: InstallEnvironment, shop: NamespaceObjects): Promise<void> {
  const labels = { app: 'web' }
  const template = { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'i' }] } }
  for (const kind of WORKLOADS) {
    const spec = {
      selector: { matchLabels: labels },
      template,
      ...(kind === 'StatefulSet' ? { serviceName: 'web' } : {}),
    }
    await shop.applyObject({ apiVersion: 'apps/v1', kind, metadata: { name: 'web' }, spec })
  }
  const restart = WORKLOADS.map((kind) => ({ kind, name: 'web' }))
  await shop.apply('ExternalSecret', 'restarting', { ...copyOf('kms'), restart })
  await shop.untilSecret('restarting', { password: 'one' })
  await simulator.put('db', 'two')
  await shop.untilSecret('restarting', { password: 'two' })
  for (const kind of WORKLOADS) {
    const where = `/apis/apps/v1/namespaces/${shop.cluster.namespace}/${kind.toLowerCase()}s/web`
    await until(`${kind} web is restarted`, async () => {
      const { body } = await plane.request<{ metadata: { generation: number } }>('GET', where)
      return body.metadata.generation > 1
    })
  }
}

async function templates(shop: NamespaceObjects): Promise<void> {
  const configMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'tpl' } }
  await shop.applyObject({ ...configMap, data: { a: '{{ .password }}' } })
  await shop.putSecret('tpl', { b: 'b' })
  const items = (key: string): object => ({ name: 'tpl', items: [{ key }] })
  const template = { templateFrom: [{ configMap: items('a') }, { secret: items('b') }] }
  await shop.apply('ExternalSecret', 'templated', { ...copyOf('kms'), target: { template } })
  await shop.untilSecret('templated', { a: 'two', b: 'b' })
  // Two changes: the second event is the same and only raises the count of the first.
  for (const a of ['x', 'y']) {
    await shop.applyObject({ ...configMap, data: { a } })
    await shop.untilSecret('templated', { a, b: 'b' })
  }
}

async function renaming(shop: NamespaceObjects): Promise<void> {
  await shop.apply('ExternalSecret', 'moving', copyOf('kms'))
  await shop.untilSecret('moving', { password: 'two' })
  await shop.apply('ExternalSecret', 'moving', { ...copyOf('kms'), target: { name: 'moved' } })
  await shop.untilSecret('moved', { password: 'two' })
  await until('the old Secret is gone', async () => (await shop.secret('moving')) === undefined)
}

async function recreating({ simulator }: InstallEnvironment, shop: NamespaceObjects): Promise<void> {
  await shop.apply('ExternalSecret', 'unchanging', { ...copyOf('kms'), target: { immutable: true } })
  await shop.untilSecret('unchanging', { password: 'two' })
  await simulator.put('db', 'three')
  await shop.untilSecret('unchanging', { password: 'three' })
}

async function pushing(shop: NamespaceObjects): Promise<void> {
  await shop.apply('SecretStore', 'push', PUSH_STORE)
  await shop.putSecret('pushed', { value: 'pushed' })
  const data = [{ key: '{{ .namespace }}/{{ .name }}' }]
  const spec = { secretStoreRef: { name: 'push' }, selector: { name: 'pushed' }, data, deletionPolicy: 'Delete' }
  await shop.apply('PushSecret', 'pushing', spec)
  await shop.untilReason('pushsecrets', 'pushing', 'Synced')
  const where = shop.resourcePath('pushsecrets', 'pushing')
  await shop.cluster.request('DELETE', where)
  await until('the PushSecret is gone', async () => (await shop.cluster.request('GET', where)).status === 404)
}

/** STS trusts no ServiceAccount here, but the operator requests the token anyway. */
async function serviceAccount(shop: NamespaceObjects): Promise<void> {
  const role = 'acs:ram::1234567890123456:role/shop'
  const annotations = { 'ack.alibabacloud.com/role-arn': role }
  await shop.applyObject({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'shop', annotations } })
  const oidcProviderARN = 'acs:ram::1234567890123456:oidc-provider/ack-rrsa-demo'
  await shop.apply('SecretStore', 'own', { KMS: { KMSAuth: { oidcProviderARN, serviceAccountRef: { name: 'shop' } } } })
  await shop.untilReason('secretstores', 'own', 'AuthenticationFailed')
}

async function finalizer(shop: NamespaceObjects, plural: string, name: string): Promise<void> {
  const where = shop.resourcePath(plural, name)
  await shop.cluster.request('PATCH', where, { metadata: { finalizers: [FINALIZER] } })
  await until(`the finalizer of ${plural} ${name} is off`, async () => {
    const { body } = await shop.cluster.request<{ metadata: object }>('GET', where)
    return !('finalizers' in body.metadata)
  })
}
