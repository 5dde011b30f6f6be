import { contentDigester, type OwnerRecord, Sensitive } from '@ack-secret-manager/core'
import { KubeClient } from '@ack-secret-manager/k8s-client'
import { KubeSecretWriter } from '@ack-secret-manager/k8s-writer'

// The kubeconfig of kubectl (KUBECONFIG, ~/.kube/config), or the ServiceAccount of the pod.
await using client = await KubeClient.fromKubeConfig()
const namespace = client.namespace ?? 'default'
const digester = contentDigester()
await using writer = new KubeSecretWriter({ client, digester, namespaces: [namespace] })
const signal = AbortSignal.timeout(60_000)
void writer.run({ signal })
await writer.synced

const target = { namespace, name: 'readme-db' }
const owner = { apiVersion: 'alibabacloud.com/v1alpha1', kind: 'ExternalSecret', name: 'readme-db', uid: '' }
const value = Buffer.from('correct horse')
const set = new Map([['password', new Sensitive<Uint8Array>(value)]])
const record: OwnerRecord = {
  keys: new Map([
    ['password', { secret: 'shop/db', versionId: 'v1', digest: digester.digest(target, 'password', value) }],
  ]),
  digestKeyId: digester.keyId,
  creation: 'merge', // managed keys only; `owner` sets an owner reference, so the owner must exist
  deletion: 'delete',
}
await writer.apply({ kind: 'create', target, owner, type: 'Opaque', set, record }, { signal })

// Another client edits the key: the metadata watch reports it.
const edited = new Promise<void>((resolve) =>
  writer.onChange(({ kind, ownerNames }) => resolve(console.log(kind, ownerNames))),
)
const path = `/api/v1/namespaces/${namespace}/secrets/${target.name}`
await client.mergePatch(path, { data: { password: 'ZXZl' } }, { query: { fieldManager: 'eve' }, signal })
await edited

const seen = await writer.observe(target, { signal }) // from the cache, without a request
console.log('drifted', seen?.drifted)
if (seen) {
  const { uid: ifUid, resourceVersion: ifResourceVersion } = seen
  const expected = { target, ifUid, ifResourceVersion }
  const repaired = await writer.apply(
    { kind: 'patch', owner, type: 'Opaque', set, remove: [], record, ...expected },
    { signal },
  )
  console.log('drifted', repaired?.drifted)
  const version = { ...expected, ifResourceVersion: repaired?.resourceVersion ?? '' }
  await writer.apply({ kind: 'release', ownerName: owner.name, how: 'delete', removeKeys: [], ...version }, { signal })
}
