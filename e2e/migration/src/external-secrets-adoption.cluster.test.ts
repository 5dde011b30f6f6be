import { execFile } from 'node:child_process'
import path from 'node:path'
import { promisify } from 'node:util'
import { pathWithKubectl } from '@ack-secret-manager/chart/programs/kubectl-binary'
import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import {
  apply,
  collectionPath,
  installCrds,
  type Manifest,
  type OperatorProcess,
  readManifests,
  TestEnvironment,
  until,
} from '@ack-secret-manager/testenv'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { KEY, migrationSeed, TOKEN as TEXT } from './external-secrets-seed.ts'
import { migrate } from './migrate.ts'

const THEIRS = 'external-secrets.io/v1'
const OURS = '/apis/alibabacloud.com/v1alpha1'
const TOKEN = Buffer.from(TEXT).toString('base64')

/** Only as much of the CRD as this test needs. */
const THEIR_CRD = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'externalsecrets.external-secrets.io' },
  spec: {
    group: 'external-secrets.io',
    names: { kind: 'ExternalSecret', plural: 'externalsecrets', singular: 'externalsecret' },
    scope: 'Namespaced',
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
}

interface Secret {
  readonly metadata: {
    readonly uid: string
    readonly resourceVersion: string
    readonly labels?: object
    readonly annotations?: object
    readonly ownerReferences?: readonly object[]
  }
  readonly data: Readonly<Record<string, string>>
}

describeCluster('Secrets of External Secrets Operator', { timeout: 300_000 }, () => {
  const cluster = useCluster()
  let env: TestEnvironment
  let operator: OperatorProcess
  const before = new Map<string, Secret>()
  const KEPT = { 'reconcile.external-secrets.io/managed': 'true', team: 'shop' }
  const MARKS = {
    // By the first label that operator deletes Secrets of any owner, by the others Argo CD those without one.
    labels: {
      'reconcile.external-secrets.io/created-by': 'a1b2',
      'argocd.argoproj.io/instance': 'shop',
      'app.kubernetes.io/instance': 'shop',
      ...KEPT,
    },
    annotations: { 'reconcile.external-secrets.io/data-hash': 'c3d4' },
  }

  beforeAll(async () => {
    env = await TestEnvironment.start({ controlPlane: cluster, seed: () => migrationSeed() })
    await installCrds(cluster.request, [THEIR_CRD])
    await leave('web', { target: { creationPolicy: 'Owner' } })
    await leave('merged', { target: { creationPolicy: 'Merge' } })
    const other = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'other' } }
    await apply(cluster.request, other, cluster.namespace)
    await leave('taken', {}, other)
    operator = await env.leader('--polling-interval=120s', '--log-level=info')
  })
  afterAll(async () => {
    await env?.[Symbol.asyncDispose]()
    await cluster.request(
      'DELETE',
      `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${THEIR_CRD.metadata.name}`,
    )
  })

  const secretPath = (name: string): string => `/api/v1/namespaces/${cluster.namespace}/secrets/${name}`
  const theirPath = (name: string): string => `/apis/${THEIRS}/namespaces/${cluster.namespace}/externalsecrets/${name}`
  const ourPath = (name: string): string => `${OURS}/namespaces/${cluster.namespace}/externalsecrets/${name}`
  const secret = async (name: string): Promise<Secret> => (await cluster.request<Secret>('GET', secretPath(name))).body

  const externalSecret = (name: string, spec: object): Manifest & { readonly spec: object } => ({
    apiVersion: THEIRS,
    kind: 'ExternalSecret',
    metadata: { name, namespace: cluster.namespace },
    spec: { secretStoreRef: { name: 'kms' }, data: [{ secretKey: 'token', remoteRef: { key: 'app/token' } }], ...spec },
  })

  /** An ExternalSecret and its Secret as External Secrets Operator leaves them. */
  async function leave(name: string, spec: object, other?: Manifest): Promise<void> {
    const maker = externalSecret(name, spec)
    await apply(cluster.request, maker)
    const { apiVersion, kind, metadata } = other ?? maker
    const owner = `${collectionPath(other ?? maker, cluster.namespace)}/${metadata.name}`
    const { body } = await cluster.request<{ metadata: { uid: string } }>('GET', owner)
    const reference = { apiVersion, kind, name: metadata.name, uid: body.metadata.uid }
    const isMerged = name === 'merged'
    const ownerReferences = isMerged ? [] : [{ ...reference, controller: true, blockOwnerDeletion: true }]
    const data = { token: TOKEN, ...(isMerged ? { theirs: TOKEN } : {}) }
    const made = { apiVersion: 'v1', kind: 'Secret', metadata: { name, ownerReferences, ...MARKS }, data }
    await cluster.request('POST', `${secretPath('')}?fieldManager=external-secrets`, made)
    before.set(name, await secret(name))
  }

  async function untilReason(name: string, reason: string): Promise<string> {
    return until(`ExternalSecret ${name} says ${reason}`, async () => {
      const { body } = await cluster.request<{ status?: { conditions?: { reason: string; message: string }[] } }>(
        'GET',
        ourPath(name),
      )
      const ready = body.status?.conditions?.[0]
      return ready?.reason === reason ? ready.message : undefined
    })
  }

  it('are adopted in the order of the guide, and not before', async () => {
    const { namespace } = cluster
    const key = (name: string): object => ({ name: 'eso-key', key: name })
    const auth = { secretRef: { accessKeyIDSecretRef: key('id'), accessKeySecretSecretRef: key('secret') } }
    const manifests = [
      { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'eso-key', namespace }, stringData: KEY },
      {
        apiVersion: THEIRS,
        kind: 'SecretStore',
        metadata: { name: 'kms', namespace },
        spec: { provider: { alibaba: { regionID: 'cn-hangzhou', auth } } },
      },
      externalSecret('web', { target: { creationPolicy: 'Owner' } }),
      externalSecret('merged', { target: { creationPolicy: 'Merge' } }),
      externalSecret('taken', {}),
    ]
    const texts = { 'old.yaml': manifests.map((manifest) => stringify(manifest)).join('---\n') }
    const directory = await migrate(env.directory, texts, '--adopt', '--endpoint', env.simulator.endpoint)
    const migrated = await readManifests(path.join(directory, 'old.yaml'))

    for (const manifest of migrated) await apply(cluster.request, manifest)
    const refusal = `Secret ${namespace}/web is not changed: it belongs to ExternalSecret.external-secrets.io web`
    expect(await untilReason('web', 'TargetConflict')).toContain(refusal)
    expect(await secret('web')).toEqual(before.get('web'))

    // The script that releases Secrets calls kubectl.
    const options = { env: { ...process.env, PATH: await pathWithKubectl(), KUBECONFIG: cluster.kubeconfigPath } }
    const script = path.join(directory, 'release-secrets.sh')
    const { stdout } = await promisify(execFile)(script, options)
    expect(stdout).toContain(`${namespace}/taken: skipped; its owner is: v1 ConfigMap other`)
    // The operator may have adopted it meanwhile.
    expect((await secret('web')).metadata.ownerReferences ?? []).not.toContainEqual(
      expect.objectContaining({ apiVersion: THEIRS }),
    )
    // A repeated run is harmless.
    await promisify(execFile)(script, options)

    const annotations = { 'alibabacloud.com/refresh-now': 'now' }
    await cluster.request('PATCH', ourPath('web'), { metadata: { annotations } })
    await untilReason('web', 'Synced')
    await untilReason('merged', 'Synced')
    await untilReason('taken', 'TargetConflict')
    expect(await secret('taken')).toEqual(before.get('taken'))
    const { uid, annotations: marks } = before.get('web')?.metadata ?? expect.fail()
    const ours = { apiVersion: 'alibabacloud.com/v1alpha1', kind: 'ExternalSecret', name: 'web', controller: true }
    expect(await secret('web')).toMatchObject({
      data: before.get('web')?.data,
      metadata: { uid, annotations: marks, ownerReferences: [ours] },
    })
    const labels = { ...KEPT, 'alibabacloud.com/managed-by': 'ack-secret-manager' }
    expect((await secret('web')).metadata.labels).toEqual(labels)
    expect((await secret('merged')).data).toEqual(before.get('merged')?.data)
  })

  it('outlive the former ExternalSecrets, and ours if these are orphaned', async () => {
    for (const name of ['web', 'merged']) {
      await cluster.request('DELETE', theirPath(name))
      await until('it is gone', async () => (await cluster.request('GET', theirPath(name))).status === 404)
    }
    await operator.stop()
    await cluster.request('DELETE', ourPath('web'), { propagationPolicy: 'Orphan' })
    // The garbage collector looks for kinds that it does not know yet twice a minute.
    const isGone = async (): Promise<boolean> => (await cluster.request('GET', ourPath('web'))).status === 404
    await until('it is gone', isGone, { deadlineMs: 150_000 })
    const { data, metadata } = await secret('web')
    expect([data, metadata.ownerReferences]).toEqual([before.get('web')?.data, undefined])
  })
})
