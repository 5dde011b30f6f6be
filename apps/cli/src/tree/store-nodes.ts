import { Semaphore } from '@ack-secret-manager/core'
import { labelOf, type StoreName, storeNode, type TreeNode } from '@ack-secret-manager/resource-view'
import { resourcePath } from '@ack-secret-manager/resources'
import type { ClusterReader } from '../kube/cluster-reader.ts'

/** Resources of one kind below another one; the rest is left out, with a note. */
export const MAX_RESOURCES = 200
export const MAX_CONCURRENT_READS = 8

/** Nodes of the stores of resources, by label. */
export async function storeNodes(
  reader: ClusterReader,
  resources: readonly { readonly stores: readonly StoreName[] }[],
): Promise<ReadonlyMap<string, TreeNode>> {
  const stores = new Map<string, StoreName>(
    resources.flatMap((each) => each.stores.map((store) => [labelOf(store), store] as const)),
  )
  const slots = new Semaphore(MAX_CONCURRENT_READS)
  const nodes = [...stores].map(async ([label, { kind, namespace, name }]) => {
    const object = await slots.run(() => reader.getIfAllowed(resourcePath(kind, namespace, name), label))
    return object === undefined ? [] : [[label, storeNode(kind, object)] as const]
  })
  return new Map((await Promise.all(nodes)).flat())
}
