import type { LivePushSecret, PushedThrough } from '../live-push-secret.ts'
import { labelOf, stateText } from '../resource-objects.ts'
import { NOT_VISIBLE, storeTree } from './store-node.ts'
import type { TreeNode } from './tree-node.ts'

/** Parts of the tree of a PushSecret. */
export interface PushSecretParts {
  readonly resource: LivePushSecret
  /** Whether the Secret exists and is visible. */
  readonly hasSecret: boolean
  /** Nodes of its stores by label, without children; undefined to show the KMS secrets without their stores. */
  readonly stores: ReadonlyMap<string, TreeNode> | undefined
}

/** PushSecret → Secret; and → stores → identity and KMS secrets. Pure. */
export function pushSecretTree({ resource, hasSecret, stores }: PushSecretParts): TreeNode {
  const { namespace, name, state, secrets } = resource
  const pushed = stores
    ? resource.stores.map((store) => {
        const ofStore = secrets.filter((each) => labelOf(each.store) === labelOf(store))
        return storeTree(store, stores.get(labelOf(store)), ofStore.map(pushedNode))
      })
    : secrets.map(pushedNode)
  return {
    kind: 'PushSecret',
    namespace,
    name,
    ready: state.ready,
    details: stateText(state),
    children: [...sourceNodes(resource, hasSecret), ...pushed],
  }
}

function sourceNodes({ namespace, spec }: LivePushSecret, hasSecret: boolean): readonly TreeNode[] {
  if (spec === undefined) return []
  const { name, keys: selected } = spec.selector
  const keys = spec.data.map(({ secretKey }) => secretKey)
  const all = selected.length > 0 ? selected : undefined
  const pushed = keys.includes(undefined) ? all : [...new Set(keys)]
  const text = pushed === undefined ? 'all keys' : `${pushed.length === 1 ? 'key' : 'keys'} ${pushed.join(', ')}`
  return [{ kind: 'Secret', namespace, name, details: hasSecret ? text : NOT_VISIBLE }]
}

const READINESS: Readonly<Partial<Record<PushedThrough['state'], boolean>>> = {
  Pushed: true,
  Kept: true,
  Failed: false,
  Deleting: false,
}

function pushedNode({ key, state, versionId, lastPushTime, reason }: PushedThrough): TreeNode {
  const ready = READINESS[state]
  const parts = [
    reason === undefined ? state : `${state}: ${reason}`,
    ...(versionId === undefined ? [] : [`version ${versionId}`]),
    ...(lastPushTime === undefined ? [] : [`pushed ${lastPushTime}`]),
  ]
  return { kind: 'KMSSecret', name: key, ...(ready === undefined ? {} : { ready }), details: parts.join(' · ') }
}
