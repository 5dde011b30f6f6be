import type { KubeObject } from '@ack-secret-manager/k8s-client'
import { API_VERSION, parseClusterSecretStore, parseSecretStore } from '@ack-secret-manager/resources'
import { referencesOf } from '@ack-secret-manager/stores'
import { stateText, type StoreName } from '../resource-objects.ts'
import { storeState } from '../store-state.ts'
import type { TreeNode } from './tree-node.ts'

/** Details of an object that a user names, but that cannot be read. */
export const NOT_VISIBLE = 'not found, or not visible to you'

/** A store with its identity, and the Secrets and ServiceAccounts that the identity comes from. */
export function storeNode(kind: StoreName['kind'], object: KubeObject): TreeNode {
  const { namespace, name, ready, reason, message, outage, status } = storeState(kind, object)
  const state = ready ? '' : stateText({ reason, message })
  const parts = [state, status.endpoint ?? '', outage === undefined ? '' : `unreachable: ${outage.message}`]
  return {
    kind,
    ...(namespace === '' ? {} : { namespace }),
    name,
    ready: ready && outage === undefined,
    details: parts.filter((part) => part !== '').join(' · '),
    children: [
      {
        kind: 'Identity',
        name: status.identity?.principal ?? 'not known yet',
        children: credentialNodes(kind, object),
      },
    ],
  }
}

/** A store above the KMS secrets that are read or written through it. @param node its own node; undefined if it is not known */
export function storeTree(
  { kind, namespace, name }: StoreName,
  node: TreeNode | undefined,
  secrets: readonly TreeNode[],
): TreeNode {
  if (node === undefined) {
    const home = namespace === '' ? {} : { namespace }
    return { kind, ...home, name, details: NOT_VISIBLE, children: secrets }
  }
  return { ...node, children: [...(node.children ?? []), ...secrets] }
}

function credentialNodes(kind: StoreName['kind'], object: KubeObject): readonly TreeNode[] {
  // Items of a list have neither apiVersion nor kind.
  const raw = { ...object, apiVersion: API_VERSION, kind }
  const parse = kind === 'SecretStore' ? parseSecretStore : parseClusterSecretStore
  const parsed = parse(raw, { unknownFields: 'ignore' })
  if (!parsed.ok) return []
  const { secretKeys, serviceAccounts } = referencesOf(parsed.resource)
  const keys = new Map<string, { readonly namespace: string; readonly name: string; readonly keys: string[] }>()
  for (const { namespace, name, key } of secretKeys) {
    const id = `${namespace}/${name}`
    const entry = keys.get(id) ?? { namespace, name, keys: [] }
    entry.keys.push(key)
    keys.set(id, entry)
  }
  return [
    ...[...keys.values()].map((each) => ({
      kind: 'Secret',
      namespace: each.namespace,
      name: each.name,
      details: `credential, keys ${each.keys.join(', ')}`,
    })),
    ...serviceAccounts.map(({ namespace, name }) => ({
      kind: 'ServiceAccount',
      namespace,
      name,
      details: 'its token',
    })),
  ]
}
