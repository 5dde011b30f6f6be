import type { ApiRequest } from '@ack-secret-manager/control-plane'
import { apply, forEachIndex } from '@ack-secret-manager/testenv'

const CONCURRENCY = 16
const TIME = '2026-11-29T03:12:00Z'

/** Creates ExternalSecrets with a status as the operator writes it: a third of them fail with one cause. */
export async function createReported(request: ApiRequest, namespace: string, resources: number): Promise<void> {
  await apply(request, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } })
  await forEachIndex(resources, CONCURRENCY, async (index) => {
    const created = await request('POST', collectionOf(namespace), {
      apiVersion: 'alibabacloud.com/v1alpha1',
      kind: 'ExternalSecret',
      metadata: { name: nameOf(index) },
      spec: {
        data: ['password', 'token'].map((name) => ({
          key: `app/${name}${index}`,
          name,
          secretStoreRef: { name: 'kms' },
        })),
      },
    })
    if (created.status !== 201) throw new Error(`ExternalSecret ${index}: HTTP ${created.status}`)
    await report(request, namespace, index, index % 3 === 0 ? OUTAGE : '2 keys up to date')
  })
}

const OUTAGE = 'KMS secret "app/password" at kms.example: unavailable (HTTP 503)'

/** Writes the status of one; every message but that of success is one of an outage. */
export async function report(request: ApiRequest, namespace: string, index: number, message: string): Promise<void> {
  const isReady = message !== OUTAGE
  const condition = {
    type: 'Ready',
    status: isReady ? 'True' : 'False',
    reason: isReady ? 'Synced' : 'Stale',
    message,
    lastTransitionTime: TIME,
  }
  const source = { versionId: 'v1', versionStage: 'ACSCurrent', type: 'Generic' }
  const status = {
    observedGeneration: 1,
    conditions: [condition],
    target: { name: nameOf(index), keyCount: 2, lastChangeTime: TIME },
    secrets: ['password', 'token'].map((name) => ({ key: `app/${name}${index}`, ...source })),
    dataSyncResults: ['password', 'token'].map((name) => ({
      ExternalSecretKey: `app/${name}${index}`,
      status: 'Success',
      synchronizationTime: TIME,
    })),
  }
  const { status: code, body } = await request('PATCH', `${collectionOf(namespace)}/${nameOf(index)}/status`, {
    status,
  })
  if (code !== 200) throw new Error(`status of ${nameOf(index)}: HTTP ${code} ${JSON.stringify(body)}`)
}

export function nameOf(index: number): string {
  return `app-${String(index).padStart(5, '0')}`
}

function collectionOf(namespace: string): string {
  return `/apis/alibabacloud.com/v1alpha1/namespaces/${namespace}/externalsecrets`
}
