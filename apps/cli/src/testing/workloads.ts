import type { ApiRequest } from '@ack-secret-manager/control-plane'

/** Creates one of each kind that can use a Secret, in a namespace. Each uses the Secret in another way. */
export async function createWorkloads(
  { request, namespace }: { readonly request: ApiRequest; readonly namespace: string },
  secret: string,
): Promise<void> {
  for (const [path, object] of [...controllers(secret), ...others(secret)]) {
    const [root = '', plural = ''] = path.split(':')
    const { status, body } = await request('POST', `/${root}/namespaces/${namespace}/${plural}`, object)
    if (status !== 201) throw new Error(`${plural}: HTTP ${status} ${JSON.stringify(body)}`)
  }
}

const LABELS = { app: 'shop' }

const container = (more: object = {}): object => ({ name: 'app', image: 'registry.example/app:1', ...more })
const template = (spec: object): object => ({ metadata: { labels: LABELS }, spec })
const workload = (spec: object): object => ({ selector: { matchLabels: LABELS }, template: template(spec) })
const envOf = (secret: string): readonly object[] => [
  { name: 'DB_PASSWORD', valueFrom: { secretKeyRef: { name: secret, key: 'password' } } },
]

/** Path and body of each object. */
type Objects = readonly (readonly [path: string, object: object])[]

function controllers(secret: string): Objects {
  const volumes = [{ name: 'tls', secret: { secretName: secret } }]
  const projected = { name: 'all', projected: { sources: [{ secret: { name: secret } }] } }
  const job = { restartPolicy: 'Never', containers: [container({ envFrom: [{ secretRef: { name: secret } }] })] }
  const web = { replicas: 2, ...workload({ containers: [container({ env: envOf(secret) })], volumes }) }
  const db = { serviceName: 'db', ...workload({ containers: [container()], volumes: [projected] }) }
  const report = { schedule: '0 3 * * *', jobTemplate: { spec: { template: template(job) } } }
  return [
    ['apis/apps/v1:deployments', { metadata: { name: 'web' }, spec: web }],
    ['apis/apps/v1:deployments', { metadata: { name: 'other' }, spec: workload({ containers: [container()] }) }],
    ['apis/apps/v1:statefulsets', { metadata: { name: 'db' }, spec: db }],
    ['apis/batch/v1:cronjobs', { metadata: { name: 'report' }, spec: report }],
    ['apis/batch/v1:jobs', { metadata: { name: 'migrate' }, spec: { template: template(job) } }],
  ]
}

function others(secret: string): Objects {
  const rollout = { apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', name: 'canary', uid: 'uid-of-canary' }
  const canary = { name: 'canary-1', ownerReferences: [{ ...rollout, controller: true }] }
  const debug = { containers: [container()], imagePullSecrets: [{ name: secret }] }
  const defaultBackend = { service: { name: 'web', port: { number: 80 } } }
  return [
    ['api/v1:pods', { metadata: { name: 'debug' }, spec: debug }],
    ['api/v1:pods', { metadata: canary, spec: { containers: [container({ env: envOf(secret) })] } }],
    [
      'apis/networking.k8s.io/v1:ingresses',
      { metadata: { name: 'shop' }, spec: { defaultBackend, tls: [{ secretName: secret }] } },
    ],
    ['api/v1:serviceaccounts', { metadata: { name: 'puller' }, imagePullSecrets: [{ name: secret }] }],
  ]
}
