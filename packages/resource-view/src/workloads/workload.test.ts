import type { KubeObject } from '@ack-secret-manager/k8s-client'
import { describe, expect, it } from 'vitest'
import { sortedWorkloads, uncovered, type Workload, WORKLOAD_COLLECTIONS, workloadOf } from './workload.ts'

const NAME = 'app'
const pods = (spec: object): object => ({ template: { spec } })

/** The workload of an object as a user of any Secret. */
function workload(kind: string, object: object, metadata: object = {}): Workload | undefined {
  const collection = WORKLOAD_COLLECTIONS.find((each) => each.kind === kind)
  if (collection === undefined) throw new Error(kind)
  const raw = { metadata: { namespace: 'shop', name: NAME, ...metadata }, ...object } as KubeObject
  return workloadOf(kind, raw, { uses: collection.usesOf(raw), secrets: undefined })[0]
}

describe('what names a Secret', () => {
  const container = (more: object) => ({ containers: [{ name: 'a', ...more }] })
  const volume = (source: object) => ({ volumes: [{ name: 'v', ...source }] })
  it.each<[string, object, string]>([
    ['env', container({ env: [{ name: 'DB', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }] }), 'env DB'],
    ['envFrom', container({ envFrom: [{ secretRef: { name: 's' } }] }), 'envFrom'],
    ['an init container', { initContainers: [{ envFrom: [{ secretRef: { name: 's' } }] }] }, 'envFrom'],
    ['an ephemeral container', { ephemeralContainers: [{ envFrom: [{ secretRef: { name: 's' } }] }] }, 'envFrom'],
    ['a volume', volume({ secret: { secretName: 's' } }), 'volume v'],
    ['a projected volume', volume({ projected: { sources: [{ secret: { name: 's' } }] } }), 'projected volume v'],
    ['a CSI volume', volume({ csi: { driver: 'd', nodePublishSecretRef: { name: 's' } } }), 'credential of volume v'],
    ['a volume of Ceph', volume({ cephfs: { secretRef: { name: 's' } } }), 'credential of volume v'],
    ['a volume of Azure', volume({ azureFile: { secretName: 's' } }), 'credential of volume v'],
    ['imagePullSecrets', { imagePullSecrets: [{ name: 's' }] }, 'imagePullSecrets'],
  ])('%s', (_what, spec, how) => {
    const uses = [{ secret: 's', how }]
    for (const kind of ['Deployment', 'StatefulSet', 'DaemonSet', 'Job'])
      expect(workload(kind, { spec: pods(spec) })).toMatchObject({ kind, name: NAME, uses })
    expect(workload('CronJob', { spec: { jobTemplate: { spec: pods(spec) } } })).toMatchObject({ uses })
    expect(workload('Pod', { spec })).toMatchObject({ kind: 'Pod', uses })
  })

  it.each<[string, object, readonly string[]]>([
    ['Ingress', { spec: { tls: [{ secretName: 's' }, { hosts: ['a'] }] } }, ['tls']],
    ['ServiceAccount', { imagePullSecrets: [{ name: 's' }] }, ['imagePullSecrets']],
    ['ServiceAccount', { secrets: [{ name: 's' }] }, ['secrets']],
  ])('%s %j', (kind, object, hows) => {
    expect(workload(kind, object)?.uses).toEqual(hows.map((how) => ({ secret: 's', how })))
  })

  it.each<[string, string, object]>([
    ['no reference', 'Deployment', { spec: pods(container({ env: [{ name: 'A', value: 's' }] })) }],
    ['a ConfigMap', 'Pod', { spec: container({ envFrom: [{ configMapRef: { name: 's' } }] }) }],
    ['an empty object', 'CronJob', {}],
    ['no TLS', 'Ingress', { spec: {} }],
  ])('but not %s of a %s', (_what, kind, object) => expect(workload(kind, object)).toBeUndefined())
})

describe('an object with a controller', () => {
  const SPEC = { spec: { imagePullSecrets: [{ name: 's' }] } }
  const LISTED = new Set(WORKLOAD_COLLECTIONS.map(({ kind }) => kind))
  const owned = (apiVersion: string, kind: string, name: string, labels = {}): Workload | undefined =>
    workload('Pod', SPEC, { labels, ownerReferences: [{ apiVersion, kind, name, uid: 'u', controller: true }] })
  const hash = { 'pod-template-hash': '5d9f' }

  it.each<[string, Workload | undefined, string]>([
    ['a ReplicaSet of a Deployment', owned('apps/v1', 'ReplicaSet', 'web-5d9f', hash), 'Deployment'],
    ['a StatefulSet', owned('apps/v1', 'StatefulSet', 'db'), 'StatefulSet'],
    ['a DaemonSet', owned('apps/v1', 'DaemonSet', 'agent'), 'DaemonSet'],
    ['a Job', owned('batch/v1', 'Job', 'report-1'), 'Job'],
  ])('is left out for %s, unless that kind is not listed', (_what, pod, covering) => {
    if (pod === undefined) throw new Error('no workload')
    expect(uncovered([pod], LISTED)).toEqual([])
    expect(uncovered([pod], new Set([...LISTED].filter((kind) => kind !== covering)))).toEqual([pod])
  })

  it('is left out for a CronJob: its Jobs', () => {
    const spec = pods({ imagePullSecrets: [{ name: 's' }] })
    const ownerReferences = [{ apiVersion: 'batch/v1', kind: 'CronJob', name: 'report', uid: 'u', controller: true }]
    const job = workload('Job', { spec }, { ownerReferences })
    expect(job && uncovered([job], LISTED)).toEqual([])
  })

  it.each<[string, Workload | undefined, string, string]>([
    ['a ReplicaSet of its own', owned('apps/v1', 'ReplicaSet', 'web'), 'ReplicaSet', 'web'],
    [
      'a ReplicaSet of another controller',
      owned('apps/v1', 'ReplicaSet', 'web-77', { 'rollouts-pod-template-hash': '77' }),
      'ReplicaSet',
      'web-77',
    ],
    ['a StatefulSet of OpenKruise', owned('apps.kruise.io/v1beta1', 'StatefulSet', 'db'), 'StatefulSet', 'db'],
    ['a Job of Volcano', owned('batch.volcano.sh/v1alpha1', 'Job', 'train'), 'Job', 'train'],
    ['a ReplicationController', owned('v1', 'ReplicationController', 'old'), 'ReplicationController', 'old'],
  ])('is shown as its controller for %s', (_what, pod, kind, name) => {
    if (pod === undefined) throw new Error('no workload')
    expect(uncovered([pod], LISTED)).toMatchObject([{ kind, name }])
  })

  it('is shown as itself for an owner that does not control it', () => {
    const ownerReferences = [{ apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'db', uid: 'u' }]
    expect(workload('Pod', SPEC, { ownerReferences })).toMatchObject({ kind: 'Pod', name: NAME })
  })
})

it('several Pods of one controller are one workload, in the order of the kinds', () => {
  const of = (kind: string, name: string): Workload => ({ kind, namespace: 'shop', name, uses: [] })
  const found = [of('Rollout', 'b'), of('Pod', 'p'), of('Rollout', 'b'), of('Deployment', 'z'), of('Deployment', 'a')]
  expect(sortedWorkloads(found).map(({ kind, name }) => `${kind} ${name}`)).toEqual([
    'Deployment a',
    'Deployment z',
    'Pod p',
    'Rollout b',
  ])
})
