import { describeCluster } from '@ack-secret-manager/control-plane/testing'
import { crds } from '@ack-secret-manager/resources'
import { installCrds, TestEnvironment, until } from '@ack-secret-manager/testenv'
import { it } from 'vitest'

const DEFINITION = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/clusterexternalsecrets.alibabacloud.com'

describeCluster('a cluster without the CRD of ClusterExternalSecrets', () => {
  it('does not block the operator, which needs no restart when the CRD is installed', async () => {
    await using env = await TestEnvironment.start({
      controlPlane: { controllerManager: false },
      seed: { secrets: { db: 'one' } },
    })
    const { request } = env.cluster
    await request('DELETE', DEFINITION)
    await until('it is gone', async () => (await request('GET', DEFINITION)).status === 404)
    const operator = await env.leader('--leader-elect=false')
    await env.externalSecret('web', { password: 'db' })
    await env.untilSecret('web', { password: 'one' })
    const missing = 'CustomResourceDefinition clusterexternalsecrets.alibabacloud.com is not installed'
    await operator.program.line((line) => line.includes(missing) || undefined)

    await installCrds(request, crds())
    await env.apply('ClusterExternalSecret', 'late', {
      externalSecretSpec: { data: [{ key: 'db', name: 'password', secretStoreRef: { name: 'kms' } }] },
      conditions: [{ namespaces: ['default'] }],
    })
    // A reflector without a CRD backs off up to half a minute.
    await env.untilSecret('late', { password: 'one' }, 100_000)
  }, 300_000)
})
