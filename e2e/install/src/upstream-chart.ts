import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { stringify } from 'yaml'
import { upstreamCrds } from '@ack-secret-manager/testenv'

const NAME = 'ack-secret-manager'

/** Writes a chart with the same objects as the Go operator's 0.5 chart: names, labels, selector and CRDs. */
export async function writeUpstreamChart(directory: string, namespace: string): Promise<void> {
  await mkdir(path.join(directory, 'templates'), { recursive: true })
  const chart = { apiVersion: 'v2', name: NAME, version: '0.5.8', appVersion: 'v0.5.8' }
  await writeFile(path.join(directory, 'Chart.yaml'), stringify(chart))
  const objects = [...upstreamCrds('v0.5'), ...installation(namespace)].map((object) => stringify(object))
  await writeFile(path.join(directory, 'templates/all.yaml'), objects.join('---\n'))
}

function installation(namespace: string): object[] {
  const selector = { 'app.kubernetes.io/name': NAME, 'app.kubernetes.io/instance': NAME }
  const labels = { ...selector, 'helm.sh/chart': `${NAME}-0.5.8`, 'app.kubernetes.io/managed-by': 'Helm' }
  const named = (name: string): object => ({ metadata: { name, labels } })
  const here = { metadata: { name: NAME, namespace, labels } }
  const rbac = 'rbac.authorization.k8s.io'
  const subjects = [{ kind: 'ServiceAccount', name: NAME, namespace }]
  const bound = (role: string): object => ({ roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: role }, subjects })
  const rules = [{ apiGroups: [''], resources: ['secrets'], verbs: ['get', 'update', 'watch', 'list'] }]
  const container = { name: NAME, image: `registry.invalid/${NAME}:v0.5.8`, command: [NAME, '--region=cn-hangzhou'] }
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', ...here },
    { apiVersion: `${rbac}/v1`, kind: 'ClusterRole', ...named(NAME), rules },
    { apiVersion: `${rbac}/v1`, kind: 'ClusterRoleBinding', ...named(NAME), ...bound(NAME) },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'ClusterRoleBinding',
      ...named(`${NAME}-auth`),
      ...bound('system:auth-delegator'),
    },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      ...here,
      spec: {
        replicas: 2,
        selector: { matchLabels: selector },
        template: {
          metadata: { labels: selector },
          spec: { serviceAccountName: NAME, containers: [{ ...container, env: [{ name: 'WATCH_NAMESPACE' }] }] },
        },
      },
    },
  ]
}
