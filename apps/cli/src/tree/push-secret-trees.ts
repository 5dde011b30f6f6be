import { Semaphore } from '@ack-secret-manager/core'
import {
  collectionPath,
  labelOf,
  type LivePushSecret,
  livePushSecret,
  objectPath,
  pushSecretTree,
  type StoreName,
  type TreeNode,
} from '@ack-secret-manager/resource-view'
import { isClusterScoped, resourcePath, resourcesPath } from '@ack-secret-manager/resources'
import type { ClusterReader } from '../kube/cluster-reader.ts'
import { MAX_CONCURRENT_READS, MAX_RESOURCES, storeNodes } from './store-nodes.ts'

/** The tree of one PushSecret. */
export async function pushSecretRoot(
  reader: ClusterReader,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): Promise<TreeNode> {
  const label = labelOf({ kind: 'PushSecret', namespace, name })
  const resource = livePushSecret(await reader.get(resourcePath('PushSecret', namespace, name), label))
  const [hasSecret, stores] = await Promise.all([hasSource(reader, resource), storeNodes(reader, [resource])])
  return pushSecretTree({ resource, hasSecret, stores })
}

/** The trees of the PushSecrets that write through a store, without the store. None in a cluster without the kind. */
export async function pushSecretsOf(reader: ClusterReader, store: StoreName): Promise<readonly TreeNode[]> {
  const home = isClusterScoped(store.kind) ? undefined : store.namespace
  const where = home === undefined ? 'in all namespaces' : `in namespace ${home}`
  const all = (await reader.listIfAllowed(resourcesPath('PushSecret', home), `PushSecrets ${where}`))
    .map(livePushSecret)
    .filter(({ stores }) => stores.some((each) => labelOf(each) === labelOf(store)))
  const shown = all.slice(0, MAX_RESOURCES)
  if (all.length > shown.length) reader.note(`only the first ${MAX_RESOURCES} of ${all.length} PushSecrets are shown`)
  const slots = new Semaphore(MAX_CONCURRENT_READS)
  return Promise.all(
    shown.map(async (resource) => {
      const hasSecret = await slots.run(() => hasSource(reader, resource))
      const secrets = resource.secrets.filter((each) => labelOf(each.store) === labelOf(store))
      return pushSecretTree({ resource: { ...resource, secrets }, hasSecret, stores: undefined })
    }),
  )
}

/** Reads only the metadata of the Secret. */
async function hasSource(reader: ClusterReader, { namespace, spec }: LivePushSecret): Promise<boolean> {
  if (spec === undefined) return false
  const { name } = spec.selector
  const path = objectPath(collectionPath('/api/v1/secrets', namespace), name)
  const what = `metadata of Secret ${namespace}/${name}`
  return (await reader.getIfAllowed(path, what, { metadataOnly: true })) !== undefined
}
