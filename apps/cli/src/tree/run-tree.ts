import type { CommandCall } from '@ack-secret-manager/command-line'
import { Semaphore } from '@ack-secret-manager/core'
import {
  clusterExternalSecretState,
  externalSecretTree,
  labelOf,
  type LiveExternalSecret,
  secretNameOf,
  stateText,
  storeNode,
  type TreeNode,
  type Workload,
} from '@ack-secret-manager/resource-view'
import { isClusterScoped, resourcePath } from '@ack-secret-manager/resources'
import type { ClusterReader } from '../kube/cluster-reader.ts'
import { withKube } from '../kube/kube-session.ts'
import type { ResourceRef } from '../kube/resource-ref.ts'
import { selectExternalSecrets, selectionOf } from '../kube/select-external-secrets.ts'
import { readWorkloads } from '../kube/workloads/read-workloads.ts'
import { during, READING_CLUSTER } from '../output/progress.ts'
import { paintFor } from '../output/style.ts'
import { readTarget } from '../status/resource/read-details.ts'
import { pushSecretRoot, pushSecretsOf } from './push-secret-trees.ts'
import { MAX_CONCURRENT_READS, MAX_RESOURCES, storeNodes } from './store-nodes.ts'
import type { TREE_FLAGS } from './tree-flags.ts'
import { treeText } from './tree-node.ts'
import { jsonText } from '../output/json-text.ts'

/** `acksm tree` */
export async function runTree({ flags, argument, typed, io }: CommandCall<typeof TREE_FLAGS>): Promise<number> {
  const selection = selectionOf(
    { argument, typed, flags: { ...flags, selector: undefined, 'all-namespaces': false } },
    { pushSecrets: true },
  )
  const { ref } = selection
  if (ref === undefined) throw new TypeError('runTree: no resource is named')
  return withKube({ flags, io, timeoutMs: flags.timeout }, async ({ reader, namespace: context }) => {
    const namespace = isClusterScoped(ref.kind) ? '' : (selection.namespace ?? context)
    const select = () => selectExternalSecrets(reader, selection, context)
    const root = await during(io, () => READING_CLUSTER, rootOf(reader, { ...ref, namespace }, select))
    if (flags.output === 'json') io.stdout.write(jsonText({ ...root, notes: reader.notes }))
    else io.stdout.write(treeText(root, paintFor(io)))
    return 0
  })
}

async function rootOf(
  reader: ClusterReader,
  ref: ResourceRef & { readonly namespace: string },
  select: () => Promise<readonly LiveExternalSecret[]>,
): Promise<TreeNode> {
  if (ref.kind === 'PushSecret') return pushSecretRoot(reader, ref)
  const resources = await select()
  const children = await resourceTrees(reader, resources, {
    hasStores: ref.kind !== 'SecretStore' && ref.kind !== 'ClusterSecretStore',
  })
  const [only] = children
  if (ref.kind === 'ExternalSecret' && only) return withCreator(only, resources[0]?.createdBy)
  const { kind, namespace, name } = ref
  const object = await reader.get(resourcePath(kind, namespace, name), labelOf(ref))
  if (kind === 'SecretStore' || kind === 'ClusterSecretStore') {
    const node = storeNode(kind, object)
    const pushes = await pushSecretsOf(reader, { kind, namespace, name })
    return { ...node, children: [...(node.children ?? []), ...children, ...pushes] }
  }
  const state = clusterExternalSecretState(object)
  return { kind, name, ready: state.ready, details: stateText(state), children }
}

function withCreator(tree: TreeNode, createdBy: string | undefined): TreeNode {
  return createdBy === undefined ? tree : { kind: 'ClusterExternalSecret', name: createdBy, children: [tree] }
}

async function resourceTrees(
  reader: ClusterReader,
  all: readonly LiveExternalSecret[],
  { hasStores }: { readonly hasStores: boolean },
): Promise<readonly TreeNode[]> {
  const resources = all.slice(0, MAX_RESOURCES)
  if (all.length > resources.length)
    reader.note(`only the first ${MAX_RESOURCES} of ${all.length} ExternalSecrets are shown`)
  const [workloads, stores] = await Promise.all([
    workloadsOf(reader, resources),
    hasStores ? storeNodes(reader, resources) : new Map<string, TreeNode>(),
  ])
  const slots = new Semaphore(MAX_CONCURRENT_READS)
  return Promise.all(
    resources.map(async (resource) => {
      const secret = await slots.run(() => readTarget(reader, resource))
      const tree = externalSecretTree({ resource, secret, stores, workloads })
      // Below a store, the store itself is not repeated.
      return hasStores ? tree : { ...tree, children: (tree.children ?? []).filter(({ kind }) => kind === 'Secret') }
    }),
  )
}

function workloadsOf(reader: ClusterReader, resources: readonly LiveExternalSecret[]): Promise<readonly Workload[]> {
  const secrets = new Map<string, Set<string>>()
  for (const each of resources)
    secrets.set(each.namespace, (secrets.get(each.namespace) ?? new Set()).add(secretNameOf(each)))
  return readWorkloads(reader, secrets)
}
