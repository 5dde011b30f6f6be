import type { ApiRequest } from '@ack-secret-manager/control-plane'
import { collectionPath, type Manifest } from '@ack-secret-manager/testenv'

/** Like `kubectl apply --server-side --dry-run=server`, and rejects unknown fields. @throws Error with the message of the API server */
export async function dryRun(request: ApiRequest, object: Manifest, namespace: string): Promise<void> {
  const collection = collectionPath(object, namespace).replace('networkpolicys', 'networkpolicies')
  const query = 'dryRun=All&fieldManager=chart-test&force=true&fieldValidation=Strict'
  const { status, body } = await request('PATCH', `${collection}/${object.metadata.name}?${query}`, object, {
    contentType: 'application/apply-patch+yaml',
  })
  if (status >= 300) throw new Error(`${object.kind} ${object.metadata.name}: HTTP ${status} ${JSON.stringify(body)}`)
}
