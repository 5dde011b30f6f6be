import { EventEmitter, once } from 'node:events'
import { KubeClient, objectKey, Reflector } from '@ack-secret-manager/k8s-client'

// The kubeconfig of kubectl (KUBECONFIG, ~/.kube/config), or the ServiceAccount of the pod.
await using client = await KubeClient.fromKubeConfig()
const signal = AbortSignal.timeout(60_000)
const configMaps = `/api/v1/namespaces/${client.namespace ?? 'default'}/configmaps`

// Caches two fields of each labelled ConfigMap, and reconnects automatically.
const changes = new EventEmitter()
await using reflector = new Reflector({
  client,
  path: configMaps,
  labelSelector: 'example=k8s-client',
  project: ({ metadata, data }) => ({ name: objectKey(metadata), keys: Object.keys(data ?? {}) }),
  onChange: (change) => changes.emit(change.kind, change),
  onFault: ({ during, error, retryInMs }) => console.warn(`${during}: ${error.message}; retrying in ${retryInMs} ms`),
})
for (const kind of ['added', 'updated', 'deleted']) changes.on(kind, (change) => console.log(change))
void reflector.run({ signal })
await reflector.synced

const deleted = once(changes, 'deleted', { signal })
const object = { metadata: { name: 'greeting', labels: { example: 'k8s-client' } }, data: { hello: 'world' } }
const { metadata } = await client.create(configMaps, object, { signal })
await client.mergePatch(`${configMaps}/greeting`, { data: { hello: null, goodbye: 'world' } }, { signal })
await client.delete(`${configMaps}/greeting`, { preconditions: { uid: String(metadata.uid) }, signal })
await deleted
