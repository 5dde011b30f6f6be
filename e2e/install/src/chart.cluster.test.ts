import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { installCrds, readManifests } from '@ack-secret-manager/testenv'
import { fileURLToPath } from 'node:url'
import { crds } from '@ack-secret-manager/resources'
import { beforeAll, describe, expect, it } from 'vitest'
import { dryRun } from './dry-run.ts'
import { CHART } from '@ack-secret-manager/chart/programs/helm'
import { testPod } from '@ack-secret-manager/chart/programs/run-helm-test'
import { useHelm } from '@ack-secret-manager/chart/programs/use-helm'
import { ROOT } from '@ack-secret-manager/chart/root'

const digest = `sha256:${'0'.repeat(64)}`
/** Values that together enable and disable each optional template. */
const MATRIX: Readonly<Record<string, object>> = {
  defaults: {},
  'everything on': {
    command: {
      region: 'cn-beijing',
      enableWorkerRole: true,
      excludeNamespaces: ['a', 'b'],
      allowEndpoint: ['kms.example'],
    },
    env: { HTTPS_PROXY: 'http://proxy:3128' },
    envVarsFromSecret: { ACCESS_KEY_ID: { secretKeyRef: 'alibaba-credentials', key: 'id' } },
    rrsa: { enable: true },
    rbac: { restartWorkloads: true },
    serviceAccount: { annotations: { a: 'b' } },
    image: { digest },
    imagePullSecrets: [{ name: 'pull' }],
    podAnnotations: { a: 'b' },
    podLabels: { a: 'b' },
    securityContext: { fsGroup: 65534 },
    nodeSelector: { 'kubernetes.io/os': 'linux' },
    tolerations: [{ operator: 'Exists' }],
    affinity: { nodeAffinity: {} },
    topologySpreadConstraints: [
      { maxSkew: 1, topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable: 'ScheduleAnyway' },
    ],
    priorityClassName: 'system-cluster-critical',
    extraVolumes: [{ name: 'plugins', emptyDir: {} }],
    extraVolumeMounts: [{ name: 'plugins', mountPath: '/plugins' }],
    extraEnv: [{ name: 'NODE_NAME', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } }],
    extraInitContainers: [{ name: 'first', image: 'first:1' }],
    extraContainers: [{ name: 'next', image: 'next:1' }],
    extraObjects: [{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: '{{ .Release.Name }}-x' } }],
    commonLabels: { team: 'a' },
    deploymentLabels: { a: 'b' },
    deploymentAnnotations: { a: 'b' },
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1 } },
    livenessProbe: { initialDelaySeconds: 1, failureThreshold: 5 },
    readinessProbe: { successThreshold: 2 },
    ports: { metrics: 9090, health: 9091 },
    dnsPolicy: 'None',
    dnsConfig: { nameservers: ['10.0.0.2'], options: [{ name: 'ndots', value: '1' }] },
    metrics: { dashboard: { create: true, annotations: { a: 'b' } }, service: { labels: { a: 'b' } } },
    networkPolicy: { create: true, metricsFrom: [{ matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } }] },
  },
  'everything off': {
    rbac: { create: false },
    serviceAccount: { create: false, name: 'default' },
    crds: { install: false },
    replicaCount: 1,
    podDisruptionBudget: { create: false },
    metrics: { service: { create: false } },
  },
  'the network of the node': { hostNetwork: true },
  'namespaces only': {
    rbac: { scope: 'Namespaced', restartWorkloads: true },
    command: { watchNamespaces: ['default', 'kube-public'] },
  },
  'nothing cluster-wide': { command: { processClusterSecretStore: false, processClusterExternalSecret: false } },
  'one replica that leads without a Lease': { command: { leaderElect: false }, replicaCount: 1 },
  'the Lease in another namespace': { command: { leaderElectionNamespace: 'kube-public' } },
  'the variable of the Go operator': { env: { WATCH_NAMESPACE: 'default' }, rbac: { scope: 'Namespaced' } },
}

describeCluster('the chart', () => {
  const cluster = useCluster()
  const helm = useHelm()
  beforeAll(() => installCrds(cluster.request, crds()))

  it.each(Object.entries(MATRIX))('is accepted by the API server with %s', async (_name, values) => {
    const objects = await helm.manifests({ release: 'dry', namespace: cluster.namespace, values })
    expect(objects.length).toBeGreaterThan(0)
    for (const object of objects) await dryRun(cluster.request, object, cluster.namespace)
  })

  describe('in a namespace with the restricted Pod Security Standard', () => {
    beforeAll(async () => {
      const metadata = { labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } }
      await cluster.request('PATCH', `/api/v1/namespaces/${cluster.namespace}`, { metadata })
    })

    /** The pod of the Deployment, as a dry run with admission. */
    async function admission(values: object): Promise<{ readonly status: number; readonly message: unknown }> {
      const all = { serviceAccount: { create: false, name: 'default' }, ...values }
      const objects = await helm.manifests({ release: 'dry', namespace: cluster.namespace, values: all })
      const deployment = objects.find(({ kind }) => kind === 'Deployment') as unknown as {
        spec: { template: { spec: object } }
      }
      const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec: deployment.spec.template.spec }
      const { status, body } = await cluster.request(
        'POST',
        `/api/v1/namespaces/${cluster.namespace}/pods?dryRun=All`,
        pod,
      )
      return { status, message: body['message'] }
    }

    it.each<[string, object]>([
      ['with default values', {}],
      ['with rrsa.enable', { rrsa: { enable: true } }],
      ['with another group', { securityContext: { fsGroup: 65534 } }],
    ])('its pods are admitted %s', async (_name, values) => {
      expect(await admission(values)).toMatchObject({ status: 201 })
    })

    it('so is the pod of helm test', async () => {
      const pod = await testPod(helm, { release: 'dry', namespace: cluster.namespace })
      await dryRun(cluster.request, pod, cluster.namespace)
    })

    it.each<[string, object, RegExp]>([
      ['as root', { securityContext: { runAsNonRoot: false, runAsUser: 0 } }, /runAsNonRoot/],
      ['without seccomp', { securityContext: { seccompProfile: { type: 'Unconfined' } } }, /seccompProfile/],
      [
        'with a directory of the node',
        { extraVolumes: [{ name: 'node', hostPath: { path: '/' } }], extraVolumeMounts: [] },
        /restricted volume types/,
      ],
      ['in the network of the node', { hostNetwork: true }, /hostNetwork/],
    ])('they would be rejected %s', async (_name, values, message) => {
      expect(await admission(values)).toEqual({ status: 403, message: expect.stringMatching(message) })
    })
  })

  it('is also accepted as plain manifests', async () => {
    for (const file of ['crds', 'rbac', 'operator', 'rbac-aggregate', 'rbac-restart']) {
      const objects = await readManifests(fileURLToPath(new URL(`deploy/${file}.yaml`, ROOT)))
      for (const object of objects) await dryRun(cluster.request, object, cluster.namespace)
    }
  })

  it('has a ServiceMonitor for the Prometheus operator, whose CRD is not installed', async () => {
    const values = { metrics: { serviceMonitor: { create: true, labels: { release: 'prometheus' } } } }
    const objects = await helm.manifests({ release: 'dry', namespace: 'default', values })
    expect(objects).toContainEqual(
      expect.objectContaining({
        kind: 'ServiceMonitor',
        metadata: expect.objectContaining({ labels: expect.objectContaining({ release: 'prometheus' }) }),
        spec: expect.objectContaining({ endpoints: [{ port: 'metrics', interval: '30s' }] }),
      }),
    )
  })

  it('passes helm lint --strict', async () => {
    expect(await helm.run('lint', '--strict', CHART)).toContain('0 chart(s) failed')
  })
})
