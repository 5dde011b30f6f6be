import { RESOURCES, targetOf } from './resources.ts'
import type { Naming } from './specs.ts'

/** Something that people do. */
export type Action =
  | { readonly kind: 'rotate' | 'delete-at-kms' | 'restore-at-kms'; readonly secret: string }
  /** By hand, on the Secret: a key changed, a key taken out, all of it deleted. */
  | { readonly kind: 'edit' | 'drop-key'; readonly resource: number; readonly key: number }
  | { readonly kind: 'delete-secret'; readonly resource: number }
  | {
      readonly kind: 'delete-resource' | 'create-resource' | 'suspend' | 'resume' | 'refresh-now' | 'restore-names'
      readonly resource: number
    }
  /** In its spec: other names for keys, or for a secret one that nobody has. */
  | ({ readonly kind: 'rename'; readonly resource: number } & Naming)
  | { readonly kind: 'set-extra'; readonly resource: number; readonly extra: boolean }
  | { readonly kind: 'edit-foreign'; readonly namespace: string; readonly name: string; readonly state: number }
  | {
      readonly kind: 'edit-template' | 'delete-store' | 'create-store' | 'create-namespace' | 'delete-namespace'
      readonly namespace: string
    }
  | { readonly kind: 'revoke-key' | 'restore-key' }

/** An action and its time. */
export type PlannedAction = { readonly atMs: number } & Action

/** For people. */
export function describeAction(action: Action): string {
  const { kind, ...facts } = action
  const resource = 'resource' in action ? RESOURCES[action.resource] : undefined
  const names = action.kind === 'rename' ? [`keys ${action.keys},`, `misspelt ${action.misspelt}`] : []
  return [kind, ...(resource ? [targetOf(resource)] : Object.values(facts).map(String)), ...names].join(' ')
}
