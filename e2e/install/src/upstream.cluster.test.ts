import { readFile } from 'node:fs/promises'
import { describeCluster } from '@ack-secret-manager/control-plane/testing'
import { directoryOfTests } from '@ack-secret-manager/test-support/directories'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { NamespaceObjects } from '@ack-secret-manager/testenv'
import { ROOT } from '@ack-secret-manager/chart/root'
import { ACCESS_KEY_STORE, copyOf, InstallEnvironment, SYSTEM } from './install-environment.ts'
import { writeUpstreamChart } from './upstream-chart.ts'

const DEPLOYMENTS = `/apis/apps/v1/namespaces/${SYSTEM}/deployments`
const CRD = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/externalsecrets.alibabacloud.com'
const ADDED_CRD = CRD.replace('/externalsecrets', '/clusterexternalsecrets')
const AUTH = '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/ack-secret-manager-auth'
const GUIDE = new URL('docs/guides/migrate-from-ack-secret-manager.md', ROOT)
/** From the Go operator's values file. */
const values = {
  command: {
    reconcilePeriod: '5s',
    reconcileCount: 1,
    tokenRotationPeriod: '120s',
    region: null,
    kmsEndpoint: null,
    disablePolling: false,
    pollingInterval: '120s',
    maxConcurrentKmsSecretPulls: 10,
    maxConcurrentOosSecretPulls: 10,
    enableWorkerRole: true,
  },
  env: { WATCH_NAMESPACE: null, OPERATOR_NAME: 'ack-secret-manager' },
  rbac: { create: true },
  rrsa: { enable: false },
  serviceAccount: { create: true, annotations: {}, name: null },
  replicaCount: 2,
  image: { repository: 'registry.invalid/theirs', tag: 'v0.5.8', pullPolicy: 'Always' },
  cleanupImage: { repository: 'registry.invalid/cleanup', tag: 'v0.4.1', pullPolicy: 'Always' },
  securityContext: {},
  resources: { requests: { cpu: '200m', memory: '256Mi' }, limits: { cpu: '1000m', memory: '1G' } },
}

/** From the command in the Go operator's README, which misspells it; its chart ignores it. */
const MISSPELT = { kmsEnpoint: 'kms.cn-zhangzhou.aliyuncs.com' }

/** Values of the guide for `helm upgrade`, with our image, and its addition for the misspelt value. */
async function guidedFlags(): Promise<{ readonly always: string[]; readonly misspelt: string[] }> {
  const guide = await readFile(GUIDE, 'utf8')
  const command = /^helm .* upgrade ack-secret-manager apps\/operator\/chart (.*) \\\n(.*)$/m
  const [, ...lines] = command.exec(guide) ?? []
  const [, more = ''] = /`(--set command\.kmsEnpoint=[^`]*)`/.exec(guide) ?? []
  const always = lines.join(' ').replace('YOUR_IMAGE', 'registry.invalid/ours').trim().split(/\s+/)
  return { always, misspelt: more.split(' ') }
}

interface Found {
  readonly metadata: { readonly uid: string; readonly annotations?: Readonly<Record<string, string>> }
  readonly spec: object
}

describeCluster('an installation of the Go operator', () => {
  let environment: InstallEnvironment
  let shop: NamespaceObjects
  const chart = directoryOfTests()
  beforeAll(async () => {
    environment = await InstallEnvironment.open()
    shop = await environment.namespace('shop')
    await writeUpstreamChart(chart, SYSTEM)
  })
  afterAll(() => environment?.[Symbol.asyncDispose]())

  const get = async (where: string): Promise<Found> => (await environment.plane.request<Found>('GET', where)).body

  it('is upgraded in the same release as in the guide, with unchanged values', async () => {
    const release = { release: 'ack-secret-manager', namespace: SYSTEM }
    await environment.helm.install({
      ...release,
      chart,
      values: { ...values, command: { ...values.command, ...MISSPELT } },
    })
    const where = `${DEPLOYMENTS}/ack-secret-manager`
    const [deployment, definition] = [await get(where), await get(CRD)]
    await environment.served()
    await shop.apply('SecretStore', 'kms', ACCESS_KEY_STORE)
    await shop.apply('ExternalSecret', 'first', copyOf('kms'))

    const { always, misspelt } = await guidedFlags()
    await expect(environment.helm.upgrade({ ...release, args: always })).rejects.toThrow(/kmsEnpoint/)
    // Helm deletes what is no longer in the release, here all resources.
    const withoutCrds = [...always, ...misspelt, '--set', 'crds.install=false']
    await expect(environment.helm.upgrade({ ...release, args: withoutCrds })).rejects.toThrow(/resource-policy=keep/)
    await environment.helm.upgrade({ ...release, args: [...always, ...misspelt] })
    expect(await environment.helm.run('get', 'values', release.release, '-n', SYSTEM)).not.toContain('kmsEnpoint')
    const added = await get(ADDED_CRD)
    // After a rollback, Helm keeps the null of the first upgrade.
    await environment.helm.run('rollback', release.release, '-n', SYSTEM, '--no-hooks')
    await environment.helm.upgrade({ ...release, args: [...always, ...misspelt] })
    expect((await get(where)).metadata.uid).toBe(deployment.metadata.uid)
    expect((await get(CRD)).metadata.uid).toBe(definition.metadata.uid)
    // The old chart does not have this CRD. If the rollback deleted it, all its resources and their Secrets would be gone.
    expect((await get(ADDED_CRD)).metadata.uid).toBe(added.metadata.uid)
    expect((await get(where)).spec).toMatchObject({
      template: {
        spec: {
          containers: [
            {
              name: 'ack-secret-manager',
              image: expect.stringMatching(/^registry\.invalid\/ours:\d/),
              args: expect.arrayContaining(['--enable-worker-role=true']),
            },
          ],
        },
      },
    })
    expect(JSON.stringify((await get(where)).spec)).not.toContain('"command"')
    expect(await environment.has(AUTH)).toBe(false)
    const operator = await environment.operator('ack-secret-manager')
    await shop.untilSecret('first', { password: 'one' })
    expect(await operator.stop()).toBe(0)
    await environment.helm.uninstall(release)
    expect(await environment.has(shop.resourcePath('externalsecrets', 'first'))).toBe(true)
  })

  it('passes its CRDs to a release with another name that takes ownership', async () => {
    const release = { release: 'secrets', namespace: SYSTEM, values }
    await expect(environment.helm.install(release)).rejects.toThrow(/invalid ownership metadata/)
    await environment.helm.install({ ...release, args: ['--take-ownership'] })
    expect((await get(CRD)).metadata.annotations).toMatchObject({ 'meta.helm.sh/release-name': 'secrets' })
    const operator = await environment.operator('secrets-ack-secret-manager')
    await shop.apply('ExternalSecret', 'second', copyOf('kms'))
    await shop.untilSecret('second', { password: 'one' })
    expect(await operator.stop()).toBe(0)
  })
})
