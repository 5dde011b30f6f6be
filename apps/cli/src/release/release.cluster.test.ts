import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { apply, TestEnvironment, until } from '@ack-secret-manager/testenv'
import { useFixture } from '@ack-secret-manager/test-support/use-fixture'
import { expect, it } from 'vitest'
import { type Ran, run } from '../testing/run.ts'

const FINALIZERS = ['alibabacloud.com/pushed-secrets', 'example.com/other']

interface Live {
  readonly metadata: { readonly finalizers?: readonly string[] }
}

describeCluster('acksm release', { timeout: 240_000 }, () => {
  const cluster = useCluster()
  // For the CRDs.
  useFixture(() => TestEnvironment.start({ controlPlane: cluster, seed: { secrets: {} } }))

  const api = '/apis/alibabacloud.com/v1alpha1'
  const acksm = (...argv: string[]): Promise<Ran> =>
    run(['release', ...argv, '--kubeconfig', cluster.kubeconfigPath, '-n', cluster.namespace])
  const pathOf = (name: string, namespace = cluster.namespace): string =>
    `${api}/namespaces/${namespace}/pushsecrets/${name}`
  const label = (name: string): string => `PushSecret ${cluster.namespace}/${name}`

  async function pushSecret(
    name: string,
    { finalizers = FINALIZERS, namespace = cluster.namespace } = {},
  ): Promise<void> {
    const spec = { secretStoreRef: { name: 'kms' }, selector: { name: 'web' }, data: [{ key: name }] }
    const metadata = { name, finalizers }
    const object = { apiVersion: 'alibabacloud.com/v1alpha1', kind: 'PushSecret', metadata, spec }
    await apply(cluster.request, object, namespace)
    const secrets = ['one', 'two'].map((key) => ({
      key,
      secretStoreRef: { name: 'kms', namespace, kind: 'SecretStore' },
      state: 'Pushed',
    }))
    const { status } = await cluster.request(
      'PATCH',
      `${pathOf(name, namespace)}/status`,
      { status: { secrets } },
      { contentType: 'application/merge-patch+json' },
    )
    expect(status).toBe(200)
  }
  const finalizersOf = async (name: string): Promise<unknown> =>
    (await cluster.request<Live>('GET', pathOf(name))).body.metadata.finalizers

  it('removes its finalizer alone, and names the KMS secrets that stay', async () => {
    await pushSecret('web')
    expect(await acksm('web', '--dry-run')).toMatchObject({
      code: 0,
      out: `✓ ${label('web')}: released (dry run); these 2 KMS secrets stay: one, two\n`,
    })
    expect(await finalizersOf('web')).toEqual(FINALIZERS)
    expect(await acksm('web')).toMatchObject({
      code: 0,
      out: `✓ ${label('web')}: released; these 2 KMS secrets stay: one, two\n`,
    })
    expect(await finalizersOf('web')).toEqual(['example.com/other'])
    expect(await acksm('web')).toMatchObject({
      code: 0,
      out: `- ${label('web')}: has no finalizer alibabacloud.com/pushed-secrets\n`,
    })
    const patch = { metadata: { finalizers: null } }
    await cluster.request('PATCH', pathOf('web'), patch, { contentType: 'application/merge-patch+json' })
  })

  it('lets a namespace be deleted that waits for an operator without PushSecrets', async () => {
    const namespace = `${cluster.namespace}-off`
    await apply(cluster.request, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } })
    await pushSecret('web', { finalizers: FINALIZERS.slice(0, 1), namespace })
    await cluster.request('DELETE', `/api/v1/namespaces/${namespace}`)
    await cluster.request('DELETE', pathOf('web', namespace))
    expect((await cluster.request('GET', pathOf('web', namespace))).status).toBe(200)
    const { code } = await run(['release', `${namespace}/web`, '--kubeconfig', cluster.kubeconfigPath])
    expect(code).toBe(0)
    await until('it is gone', async () => (await cluster.request('GET', pathOf('web', namespace))).status === 404)
  })

  it.each<[argv: readonly string[], message: string]>([
    [[], 'name what to release: one PushSecret (NAME), those with labels (-l LABEL=VALUE), or all of them (-A)'],
    [['store/kms'], 'store/kms: expected the name of a PushSecret'],
  ])('refuses %j', async (argv, message) => {
    const { code, err } = await acksm(...argv)
    expect([code, err]).toEqual([2, expect.stringContaining(message)])
  })

  it('fails for one that does not exist', async () => {
    const { code, err } = await acksm('none')
    expect([code, err]).toEqual([1, expect.stringContaining(label('none'))])
  })
})
