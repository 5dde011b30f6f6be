import { type LiveExternalSecret, suspendStep } from '@ack-secret-manager/resource-view'
import type { ResourceDetail } from './views/resource-detail.ts'
import type { Permission } from './views/action.ts'

/** Whether the user may patch a resource, by a SelfSubjectAccessReview; `unknown` if the review failed. */
export type PatchAccess = { readonly isAllowed: true } | { readonly isAllowed: false | 'unknown'; readonly why: string }

/** The actions to offer for a resource. Pure. */
export function actionsFor(
  resource: LiveExternalSecret,
  { access, isReadOnly }: { readonly access: PatchAccess; readonly isReadOnly: boolean },
): ResourceDetail['actions'] {
  const offer = (without: string | undefined): Permission => {
    if (isReadOnly) return { state: 'read-only' }
    if (access.isAllowed !== true) {
      return { state: access.isAllowed === 'unknown' ? 'unknown' : 'denied', why: access.why }
    }
    return without === undefined ? { state: 'allowed' } : { state: 'no-effect', why: without }
  }
  return {
    refresh: offer(whyNoRefresh(resource)),
    suspend: offer(whyNoChange('suspend', resource)),
    resume: offer(whyNoChange('resume', resource)),
  }
}

function whyNoRefresh({ spec, metadata }: LiveExternalSecret): string | undefined {
  if (metadata.deletionTimestamp !== undefined) return 'is being deleted'
  return spec?.suspend === true ? 'is suspended' : undefined
}

function whyNoChange(action: 'suspend' | 'resume', resource: LiveExternalSecret): string | undefined {
  const step = suspendStep(action, resource)
  return step.kind === 'change' ? undefined : step.message
}
