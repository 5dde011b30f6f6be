import { isKubeApiError, type KubeClient, type KubeObject } from '@ack-secret-manager/k8s-client'
import type { Check, Finding } from '../check.ts'
import { API_SERVER, type KubeContext } from './kube-context.ts'
import { listAll } from './kube-reads.ts'

interface ServerPod extends KubeObject {
  readonly spec?: {
    readonly containers?: ReadonlyArray<{ readonly command?: readonly string[]; readonly args?: readonly string[] }>
  }
}

const CANNOT_TELL =
  'cannot be seen from here: a managed control plane shows it in its console (ACK: cluster > basic information > Secret encryption)'
const ENABLE =
  'Encrypt Secrets in etcd: ACK Pro "Secret encryption" with a KMS key, or --encryption-provider-config of kube-apiserver'
const METRIC = /^apiserver_storage_transformation_operations_total\{([^}]*)\} (\d+)/

/** Whether the API server encrypts Secrets in etcd, as far as a client can tell. */
export function encryptionChecks({ client }: KubeContext): readonly Check[] {
  return [
    {
      id: 'kube.encryption',
      section: 'Cluster',
      title: 'Encryption of Secrets in etcd',
      needs: [API_SERVER],
      timeoutMs: 15_000,
      action: ENABLE,
      run: async (signal) =>
        (await byFlags(client, signal)) ??
        (await byMetrics(client, signal)) ?? { status: 'skipped', detail: CANNOT_TELL },
    },
  ]
}

/** The pods of kube-apiserver, where the cluster runs its own. */
async function byFlags(client: KubeClient, signal: AbortSignal): Promise<Finding | undefined> {
  const query = { labelSelector: 'component=kube-apiserver' }
  const found = await unlessRefused(() =>
    listAll<ServerPod>(client, '/api/v1/namespaces/kube-system/pods', signal, query),
  )
  const pods = found?.items ?? []
  if (pods.length === 0) return undefined
  const without = pods.filter(({ spec }) => {
    const words = (spec?.containers ?? []).flatMap(({ command = [], args = [] }) => [...command, ...args])
    return !words.some((word) => word.startsWith('--encryption-provider-config'))
  })
  if (without.length === 0) return { status: 'ok', detail: 'kube-apiserver has --encryption-provider-config' }
  const detail = `kube-apiserver runs without --encryption-provider-config (${without.length} of ${pods.length} pods)`
  return { status: 'failed', detail, action: ENABLE }
}

/** Metrics of the API server count what is encrypted. Other replicas may count it, so that none is no proof. */
async function byMetrics(client: KubeClient, signal: AbortSignal): Promise<Finding | undefined> {
  const text = await unlessRefused(async () => {
    const { body } = await client.request<string>({ method: 'GET', path: '/metrics', accept: 'text/plain', signal })
    return body
  })
  const provider = text === undefined ? undefined : encryptingProvider(text)
  if (provider === undefined) return undefined
  return { status: 'ok', detail: `the API server encrypts what it writes: ${provider}` }
}

/** The provider that encrypts, as metrics show it; undefined if they show none. Pure. */
export function encryptingProvider(metrics: string): string | undefined {
  for (const line of metrics.split('\n')) {
    const [, labels = '', count = '0'] = METRIC.exec(line) ?? []
    const [, prefix] = /transformer_prefix="(k8s:enc:[^"]*)"/.exec(labels) ?? []
    const isOfSecrets = !labels.includes('resource=') || labels.includes('resource="secrets"')
    if (prefix !== undefined && isOfSecrets && labels.includes('"to_storage"') && Number(count) > 0) return prefix
  }
  return undefined
}

/** Undefined if the user may not read it, or it does not exist. */
async function unlessRefused<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work()
  } catch (error) {
    if (isKubeApiError(error) && (error.status === 403 || error.status === 404 || error.status === 406))
      return undefined
    throw error
  }
}
