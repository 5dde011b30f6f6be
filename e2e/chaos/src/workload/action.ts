import { RESOURCES, targetOf } from './resources.ts'
import type { Naming } from './specs.ts'
import type { RemovedMetadata } from './metadata-removal.ts'

/** Propagation policy of a deletion. */
export type Cascade = 'Background' | 'Foreground' | 'Orphan'

/** Deletion of a resource. */
export interface Deletion {
  readonly cascade: Cascade
  /** A finalizer of another controller keeps it terminating until it is created again. */
  readonly isHeld: boolean
}

/** Actions in the namespace of the large objects. */
export type LargeAction =
  /** Changes, creates or deletes an object near the size limits. */
  | { readonly kind: 'change-large' | 'delete-large'; readonly large: number; readonly state: number }
  /** All documents that are costly to parse. */
  | { readonly kind: 'rotate-costly'; readonly state: number }

/** Actions on the ClusterExternalSecret. */
export type ClusterAction = ({ readonly kind: 'delete-cluster' } & Deletion) | { readonly kind: 'create-cluster' }

/** An action of a user. */
export type Action =
  | LargeAction
  | ClusterAction
  | { readonly kind: 'rotate' | 'delete-at-kms' | 'restore-at-kms'; readonly secret: string }
  /** By hand, on the Secret: a key changed, a key taken out, all of it deleted. */
  | { readonly kind: 'edit' | 'drop-key'; readonly resource: number; readonly key: number }
  | { readonly kind: 'delete-secret'; readonly resource: number }
  | {
      readonly kind: 'create-resource' | 'suspend' | 'resume' | 'refresh-now' | 'restore-names'
      readonly resource: number
    }
  | ({ readonly kind: 'delete-resource'; readonly resource: number } & Deletion)
  /** Labels and annotations of the operator, taken off the Secret. */
  | { readonly kind: 'remove-metadata'; readonly resource: number; readonly what: RemovedMetadata; readonly at: number }
  /** Renames keys in a spec, or misspells a secret. */
  | ({ readonly kind: 'rename'; readonly resource: number } & Naming)
  | { readonly kind: 'set-extra'; readonly resource: number; readonly extra: boolean }
  | { readonly kind: 'edit-foreign'; readonly namespace: string; readonly name: string; readonly state: number }
  | {
      readonly kind: 'edit-template' | 'delete-store' | 'create-store' | 'create-namespace' | 'delete-namespace'
      readonly namespace: string
    }
  | { readonly kind: 'revoke-key' | 'restore-key' }

export function isClusterAction(action: Action): action is ClusterAction {
  return action.kind === 'delete-cluster' || action.kind === 'create-cluster'
}

export function isLargeAction(action: Action): action is LargeAction {
  return action.kind === 'change-large' || action.kind === 'delete-large' || action.kind === 'rotate-costly'
}

/** An action and its time. */
export type PlannedAction = { readonly atMs: number } & Action

/** One line for progress output. */
export function describeAction(action: Action): string {
  const { kind, ...facts } = action
  const resource = 'resource' in action ? RESOURCES[action.resource] : undefined
  return [kind, ...(resource ? [targetOf(resource)] : Object.values(facts).map(String)), ...detailsOf(action)].join(' ')
}

function detailsOf(action: Action): readonly string[] {
  switch (action.kind) {
    case 'rename':
      return [`keys ${action.keys},`, `misspelt ${action.misspelt}`]
    case 'delete-resource':
      return [action.cascade, ...(action.isHeld ? ['with a foreign finalizer'] : [])]
    case 'remove-metadata':
      return [action.what, String(action.at)]
    default:
      return []
  }
}
