import { cp, mkdtempDisposable, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describeCluster } from '@ack-secret-manager/control-plane/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { parse, stringify } from 'yaml'
import type { NamespaceObjects } from '@ack-secret-manager/testenv'
import { dryRun } from './dry-run.ts'
import { CHART } from '@ack-secret-manager/chart/programs/helm'
import { runHelmTest, testPod } from '@ack-secret-manager/chart/programs/run-helm-test'
import { ACCESS_KEY_STORE, copyOf, InstallEnvironment, SYSTEM, WORKER_ROLE_STORE } from './install-environment.ts'

const RELEASE = { release: 'ack-secret-manager', namespace: SYSTEM }
const CRDS = ['externalsecrets', 'clusterexternalsecrets', 'secretstores', 'clustersecretstores']
const CRD_PATH = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
const DEPLOYMENT = `/apis/apps/v1/namespaces/${SYSTEM}/deployments/ack-secret-manager`
const CLUSTER_ROLE = '/apis/rbac.authorization.k8s.io/v1/clusterroles/ack-secret-manager'
const values = {
  command: { backend: 'alicloud-kms', region: 'cn-hangzhou', disablePolling: false, pollingInterval: '120s' },
}

describeCluster('a release of the chart', () => {
  let environment: InstallEnvironment
  let shop: NamespaceObjects
  beforeAll(async () => {
    environment = await InstallEnvironment.open()
    shop = await environment.namespace('shop')
  })
  afterAll(() => environment?.[Symbol.asyncDispose]())

  const crd = (plural: string): string => `${CRD_PATH}/${plural}.alibabacloud.com`

  it('passes helm lint, and the API server accepts all of its objects', async () => {
    expect(await environment.helm.run('lint', '--strict', CHART)).toContain('0 chart(s) failed')
    const objects = await environment.helm.manifests({ ...RELEASE, values })
    for (const object of objects) await dryRun(environment.plane.request, object, SYSTEM)
    console.info(`helm lint --strict: no fault; helm template: ${objects.length} objects, all accepted in a dry run`)
    expect(await environment.has(DEPLOYMENT)).toBe(false)
  })

  it('creates the first Secret with only backend, region and polling set', async () => {
    const notes = await environment.helm.install({ ...RELEASE, values })
    expect(notes).toContain(`kubectl -n ${SYSTEM} get deployment/ack-secret-manager `)
    for (const where of [...CRDS.map(crd), DEPLOYMENT, CLUSTER_ROLE])
      expect([where, await environment.has(where)]).toEqual([where, true])
    const operator = await environment.operator('ack-secret-manager')
    expect((await fetch(`http://127.0.0.1:${operator.healthPort}/readyz`)).status).toBe(200)
    const pod = await testPod(environment.helm, { ...RELEASE, values: { ...values, replicaCount: 1 } })
    expect(await runHelmTest(pod, { port: operator.metricsPort, hosts: ['127.0.0.1'] })).toBe(
      '0: 1 of 1 replicas are ready, and one of them leads\n',
    )
    await shop.apply('SecretStore', 'kms', ACCESS_KEY_STORE)
    await shop.apply('ExternalSecret', 'first', copyOf('kms'))
    await shop.untilSecret('first', { password: 'one' })
    await shop.apply('SecretStore', 'node', WORKER_ROLE_STORE)
    expect((await shop.untilReason('secretstores', 'node', 'AuthenticationFailed')).message).toMatch(
      /enable-worker-role/,
    )
    console.info(`helm install with ${Object.keys(values.command).join(', ')}: ready, first Secret by an AccessKey`)
    expect(await operator.stop()).toBe(0)
  })

  it('reads as the node once enableWorkerRole is set', async () => {
    await environment.helm.upgrade({ ...RELEASE, values: { command: { ...values.command, enableWorkerRole: true } } })
    const operator = await environment.operator('ack-secret-manager')
    await shop.apply('ExternalSecret', 'as-node', copyOf('node'))
    await shop.untilSecret('as-node', { password: 'one' })
    console.info('helm upgrade with command.enableWorkerRole: first Secret by the role of the node')
    expect(await operator.stop()).toBe(0)
  })

  it('reads its own AccessKey from a Secret', async () => {
    const { body } = await environment.plane.request<{ data: object }>('GET', shop.secretPath('kms-key'))
    const metadata = { name: 'alibaba-credentials' }
    const credentials = { apiVersion: 'v1', kind: 'Secret', metadata, data: body.data }
    await environment.plane.request('POST', `/api/v1/namespaces/${SYSTEM}/secrets`, credentials)
    const envVarsFromSecret = {
      ACCESS_KEY_ID: { secretKeyRef: 'alibaba-credentials', key: 'id' },
      SECRET_ACCESS_KEY: { secretKeyRef: 'alibaba-credentials', key: 'secret' },
    }
    await environment.helm.upgrade({ ...RELEASE, values: { ...values, envVarsFromSecret } })
    const operator = await environment.operator('ack-secret-manager')
    await shop.apply('ExternalSecret', 'as-operator', { data: [{ key: 'db', name: 'password' }] })
    await shop.untilSecret('as-operator', { password: 'one' })
    expect(await operator.stop()).toBe(0)
  })

  it('rewrites no Secret when a chart value and a CRD change', async () => {
    const before = await shop.secret('first')
    await using temporary = await mkdtempDisposable(path.join(tmpdir(), 'acksm-next-chart-'))
    const { path: directory } = temporary
    await cp(CHART, directory, { recursive: true })
    const file = path.join(directory, 'files/crds/alibabacloud.com_externalsecrets.yaml')
    const definition = parse(await readFile(file, 'utf8')) as { spec: { names: { shortNames?: string[] } } }
    definition.spec.names.shortNames = ['xsecret']
    await writeFile(file, stringify(definition))
    const args = ['--set', 'command.pollingInterval=60s']
    await environment.helm.upgrade({ ...RELEASE, values, chart: directory, args })
    const { body } = await environment.plane.request<object>('GET', crd('externalsecrets'))
    expect(body).toMatchObject({ spec: { names: { shortNames: ['xsecret'] } } })
    const operator = await environment.operator('ack-secret-manager')
    await shop.apply('ExternalSecret', 'last', copyOf('kms'))
    await shop.untilSecret('last', { password: 'one' })
    await shop.untilReason('externalsecrets', 'first', 'Synced')
    expect((await shop.secret('first'))?.metadata).toEqual(before?.metadata)
    console.info('helm upgrade with a changed value and definition: in force, no Secret rewritten')
    expect(await operator.stop()).toBe(0)
  })

  it('keeps CRDs, resources and Secrets when it is uninstalled', async () => {
    await environment.helm.uninstall(RELEASE)
    expect(await environment.has(DEPLOYMENT)).toBe(false)
    expect(await environment.has(CLUSTER_ROLE)).toBe(false)
    expect(await Promise.all(CRDS.map((plural) => environment.has(crd(plural))))).toEqual(CRDS.map(() => true))
    expect(await environment.has(shop.resourcePath('externalsecrets', 'first'))).toBe(true)
    await shop.untilSecret('first', { password: 'one' })
    console.info('helm uninstall: Deployment and permissions gone; definitions, resources and Secrets still there')
  })

  it('uses them again after a new installation', async () => {
    const before = await shop.secret('first')
    await environment.helm.install({ ...RELEASE, values })
    const operator = await environment.operator('ack-secret-manager')
    await shop.apply('ExternalSecret', 'again', copyOf('kms'))
    await shop.untilSecret('again', { password: 'one' })
    expect((await shop.secret('first'))?.metadata).toEqual(before?.metadata)
    console.info('helm install once more: goes on with what was left, no Secret rewritten')
    expect(await operator.stop()).toBe(0)
  })
})
