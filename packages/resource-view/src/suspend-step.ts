import type { LiveExternalSecret } from './resource-objects.ts'

/** Whether to set or to remove `spec.suspend`. */
export type SuspendAction = 'suspend' | 'resume'

/** What to do with one ExternalSecret: change it, or why not. */
export type SuspendStep =
  | { readonly kind: 'change' }
  | { readonly kind: 'unchanged' | 'refused'; readonly message: string }

/** Decides about one ExternalSecret. Pure. */
export function suspendStep(action: SuspendAction, { spec, metadata, createdBy }: LiveExternalSecret): SuspendStep {
  const isSuspended = spec?.suspend ?? false
  if (metadata.deletionTimestamp !== undefined) return { kind: 'refused', message: 'is being deleted' }
  if (isSuspended === (action === 'suspend')) {
    return { kind: 'unchanged', message: isSuspended ? 'is already suspended' : 'is not suspended' }
  }
  if (createdBy !== undefined) {
    // The operator would write the spec of the ClusterExternalSecret again.
    return {
      kind: 'refused',
      message: `belongs to ClusterExternalSecret ${createdBy}; ${action} that: acksm ${action} ces/${createdBy}`,
    }
  }
  return { kind: 'change' }
}
