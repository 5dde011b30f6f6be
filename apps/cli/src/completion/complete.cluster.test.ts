import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { crds } from '@ack-secret-manager/resources'
import { installCrds } from '@ack-secret-manager/testenv'
import { beforeAll, expect, it } from 'vitest'
import { run } from '../testing/run.ts'

const SPECS: Readonly<Record<string, object>> = {
  ExternalSecret: { data: [{ key: 'a', name: 'a' }] },
  SecretStore: { KMS: { KMSAuth: {} } },
  PushSecret: { secretStoreRef: { name: 'kms' }, selector: { name: 'web' }, data: [{ key: 'a' }] },
}

describeCluster('completion from a cluster', { timeout: 120_000 }, () => {
  const cluster = useCluster()
  const API = '/apis/alibabacloud.com/v1alpha1'
  const create = async (where: string, kind: string, name: string): Promise<void> => {
    const object = { apiVersion: 'alibabacloud.com/v1alpha1', kind, metadata: { name }, spec: SPECS[kind] }
    const { status } = await cluster.request('POST', `${API}/${where}`, object)
    if (status !== 201) throw new Error(`${kind} ${name}: HTTP ${status}`)
  }

  beforeAll(async () => {
    await installCrds(cluster.request, crds())
    const home = `namespaces/${cluster.namespace}`
    await create(`${home}/externalsecrets`, 'ExternalSecret', 'web')
    await create(`${home}/externalsecrets`, 'ExternalSecret', 'web-tls')
    await create(`${home}/secretstores`, 'SecretStore', 'kms')
    await create(`${home}/pushsecrets`, 'PushSecret', 'db-push')
  })

  const complete = async (...words: string[]): Promise<string> =>
    (await run(['__complete', ...words], { env: { ACKSM_KUBECONFIG: cluster.kubeconfigPath } })).out
  /** On a busy machine the API server may miss the deadline, which a user would notice and press Tab again. */
  const expectWords = async (words: readonly string[], expected: string): Promise<void> => {
    await expect.poll(() => complete(...words), { timeout: 60_000 }).toBe(expected)
  }

  it('completes resources in every form that commands take', async () => {
    const here = ['-n', cluster.namespace]
    await expectWords(['status', ...here, 'we'], 'web\nweb-tls\n:4\n')
    await expectWords(['refresh', ...here, 'store/'], 'store/kms\n:4\n')
    await expectWords(['tree', ...here, 'sto'], 'store/\ta SecretStore\n:6\n')
    await expectWords(['status', `${cluster.namespace}/web-`], `${cluster.namespace}/web-tls\n:4\n`)
    await expectWords(['status', `es/${cluster.namespace}/web-`], `es/${cluster.namespace}/web-tls\n:4\n`)
    await expectWords(['status', ...here, 'none/'], ':4\n')
    await expectWords(['status', 'a/b/c/'], ':4\n')
  })

  it('completes PushSecrets for release', async () => {
    const here = ['-n', cluster.namespace]
    await expectWords(['release', ...here, ''], 'db-push\n:4\n')
    await expectWords(['release', ...here, 'push/'], 'push/db-push\n:4\n')
    await expectWords(['release', `${cluster.namespace}/`], `${cluster.namespace}/db-push\n:4\n`)
    await expectWords(['release', ...here, 'store/'], ':4\n')
  })

  it('completes namespaces', async () => {
    await expectWords(['status', '-n', cluster.namespace], `${cluster.namespace}\n:4\n`)
    await expectWords(['status', `--namespace=${cluster.namespace}`], `--namespace=${cluster.namespace}\n:4\n`)
  })
})
