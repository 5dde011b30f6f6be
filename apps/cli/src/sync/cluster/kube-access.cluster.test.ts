import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { expect, it } from 'vitest'
import { useAccess } from '../../testing/access.ts'
import { folderWith } from '../../testing/files.ts'
import { entry, externalSecretYaml } from '../../testing/manifests.ts'
import { CANARY, type Ran, run } from '../../testing/run.ts'

interface Secret {
  readonly data?: Readonly<Record<string, string>>
}

describeCluster('sync --kube as identities of the cluster', { timeout: 240_000 }, () => {
  const cluster = useCluster()
  const access = useAccess(async () => {
    const { body } = await cluster.request<{ issuer: string }>('GET', '/.well-known/openid-configuration')
    // Served as application/jwk-set+json, which comes as text.
    const { body: jwks } = await cluster.request<string>('GET', '/openid/v1/jwks')
    return { issuer: body.issuer, jwks: JSON.parse(jwks) as object, namespace: cluster.namespace }
  })

  async function sync(files: Record<string, string>): Promise<Ran> {
    const cwd = await folderWith(files)
    const where = ['--kube', '--kubeconfig', cluster.kubeconfigPath, '-n', cluster.namespace]
    return run(['sync', '-f', '.', ...where, ...access.flags], { cwd })
  }

  async function password(name: string): Promise<string | undefined> {
    const { body } = await cluster.request<Secret>('GET', `/api/v1/namespaces/${cluster.namespace}/secrets/${name}`)
    const value = body.data?.['password']
    return value === undefined ? undefined : Buffer.from(value, 'base64').toString()
  }

  it('reads with a token of the ServiceAccount in the cluster, not of its manifest', async () => {
    const files = { 'manifest.yaml': await access.manifest('rrsa-workload') }
    const { code, out } = await sync(files)
    expect([code, out]).toEqual([
      1,
      expect.stringMatching(/serviceAccountRef: ServiceAccount \S+\/shop does not exist/),
    ])
    await cluster.request('POST', `/api/v1/namespaces/${cluster.namespace}/serviceaccounts`, {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: {
        name: 'shop',
        annotations: { 'ack.alibabacloud.com/role-arn': 'acs:ram::1234567890123456:role/shop' },
      },
    })
    await access.forget()
    expect((await sync(files)).code).toBe(0)
    expect(await password('shop-rrsa-workload')).toBe(`${CANARY}-password`)
    expect(await access.callers('GetSecretValue')).toEqual([expect.stringContaining('assumed-role/shop/')])
  })

  it('uses labels of namespaces of the cluster', async () => {
    const store = (await access.manifest('access-key'))
      .split('---\n')
      .slice(0, 2)
      .join('---\n')
      .replace(
        'kind: SecretStore\nmetadata:\n  name: access-key',
        'kind: ClusterSecretStore\nmetadata:\n  name: shared',
      )
      .replaceAll(/( +)name: access-key\n +key/g, `$1name: access-key\n$1namespace: ${cluster.namespace}\n$1key`)
    const selecting = (labels: object): string =>
      `${store}  conditions: ${JSON.stringify([{ namespaceSelector: { matchLabels: labels } }])}\n`
    const secretStoreRef = { name: 'shared', kind: 'ClusterSecretStore' }
    const web = externalSecretYaml('web', { data: [{ ...entry('shop/db', 'password'), secretStoreRef }] })
    const other = await sync({ 'store.yaml': selecting({ team: 'other' }), 'web.yaml': web })
    expect([other.code, other.out]).toEqual([1, expect.stringContaining('StoreNotAllowed')])
    const labels = { 'kubernetes.io/metadata.name': cluster.namespace }
    expect((await sync({ 'store.yaml': selecting(labels), 'web.yaml': web })).code).toBe(0)
    expect(await password('web')).toBe(`${CANARY}-password`)
    const missing = await sync({
      'store.yaml': selecting({ team: 'shop' }),
      'web.yaml': web.replace('name: web', 'name: web\n  namespace: nowhere'),
    })
    expect(missing.err).toMatch(
      /^acksm: warning: labels of namespace nowhere: not found; stores that select namespaces by labels do not admit it\n/,
    )
  })
})
