import type { TreeNode } from '@ack-secret-manager/resource-view'
import type { GraphNode, GraphView } from './views/graph.ts'

/** Nodes of one column; the rest is counted. */
const MAX_NODES = 100
/** Where the values go to, and in which column each kind is. */
interface Direction {
  readonly columns: Readonly<Record<string, number>>
  readonly workloads: number
  /** Whether values go from the parent in a tree to its child. */
  readonly isOut: (parent: TreeNode, child: TreeNode) => boolean
}

const FROM_KMS: Direction = {
  columns: {
    KMSSecret: 0,
    Identity: 0,
    ServiceAccount: 0,
    SecretStore: 1,
    ClusterSecretStore: 1,
    ExternalSecret: 2,
    ClusterExternalSecret: 2,
    Secret: 3,
  },
  workloads: 4,
  isOut: (parent, child) =>
    (parent.kind === 'ExternalSecret' && child.kind === 'Secret') ||
    parent.kind === 'Secret' ||
    parent.kind === 'ClusterExternalSecret' ||
    (isStore(parent.kind) && child.kind === 'ExternalSecret'),
}

const TO_KMS: Direction = {
  columns: {
    Secret: 0,
    ServiceAccount: 0,
    PushSecret: 1,
    Identity: 1,
    SecretStore: 2,
    ClusterSecretStore: 2,
    KMSSecret: 3,
  },
  workloads: 0,
  isOut: (parent, child) =>
    (parent.kind === 'PushSecret' && isStore(child.kind)) || (isStore(parent.kind) && child.kind === 'KMSSecret'),
}

/**
 * The tree of `acksm tree` as a graph, each object once, with edges in the direction of the value. A credential of a store is left of
 * the store, with its identity. Pure.
 */
export function graphOf(root: TreeNode): GraphView {
  return graphIn(FROM_KMS, root)
}

/** The tree of a PushSecret as a graph: from the Secret to KMS. Pure. */
export function pushGraphOf(root: TreeNode): GraphView {
  return graphIn(TO_KMS, root)
}

function graphIn({ columns, workloads, isOut }: Direction, root: TreeNode): GraphView {
  const nodes = new Map<string, GraphNode>()
  const edges = new Map<string, GraphView['edges'][number]>()
  const perColumn = new Map<number, number>()
  let more = 0
  const add = (node: TreeNode, parent: TreeNode | undefined): string | undefined => {
    const isCredential = parent?.kind === 'Identity' && node.kind !== 'KMSSecret'
    const column = isCredential ? 0 : (columns[node.kind] ?? workloads)
    const id = idOf(node, parent)
    if (!nodes.has(id)) {
      const count = perColumn.get(column) ?? 0
      if (count >= MAX_NODES) {
        more += 1
        return undefined
      }
      perColumn.set(column, count + 1)
      nodes.set(id, graphNode(id, node, column))
    }
    for (const child of node.children ?? []) {
      const below = add(child, node)
      if (below !== undefined) connect(edges, { node, id, child, below, isOut: isOut(node, child) })
    }
    return id
  }
  add(root, undefined)
  return { nodes: [...nodes.values()], edges: [...edges.values()], more }
}

interface Connection {
  readonly node: TreeNode
  readonly id: string
  readonly child: TreeNode
  readonly below: string
  readonly isOut: boolean
}

/** A tree goes from the resource outwards; an edge goes as the value does. */
function connect(edges: Map<string, GraphView['edges'][number]>, { node, id, child, below, isOut }: Connection): void {
  const [from, to] = isOut ? [id, below] : [below, id]
  const label = node.kind === 'Secret' ? (child.details ?? '') : ''
  edges.set(`${from}\n${to}`, { from, to, label })
}

function isStore(kind: string): boolean {
  return kind === 'SecretStore' || kind === 'ClusterSecretStore'
}

/** An identity or a KMS secret of two stores is two nodes, because they can differ. */
function idOf({ kind, namespace = '', name }: TreeNode, parent: TreeNode | undefined): string {
  const own = `${kind} ${namespace === '' ? name : `${namespace}/${name}`}`
  const isOfParent = kind === 'Identity' || kind === 'KMSSecret'
  return isOfParent && parent !== undefined ? `${own} of ${parent.kind} ${parent.namespace ?? ''}/${parent.name}` : own
}

function graphNode(
  id: string,
  { kind, namespace = '', name, ready, details = '' }: TreeNode,
  column: number,
): GraphNode {
  const state = ready === undefined ? 'unknown' : ready ? 'ok' : 'error'
  return { id, kind, namespace, name, state: workloadState(details) ?? state, detail: details, column }
}

/** `1/3 ready` of a workload is a warning. */
function workloadState(details: string): GraphNode['state'] | undefined {
  const [, ready, wanted] = /(?:^| · )(\d+)\/(\d+) ready$/.exec(details) ?? []
  if (ready === undefined) return undefined
  return Number(ready) >= Number(wanted) ? 'ok' : 'warning'
}
