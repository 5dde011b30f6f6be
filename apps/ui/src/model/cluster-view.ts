import type { AccessView, ClusterView } from './views/access.ts'

/** What the states of all kinds together say about the cluster. `isUnauthenticated`: the last error was a 401. Pure. */
export function clusterView(
  access: readonly AccessView[],
  { isUnauthenticated, startedAt }: { readonly isUnauthenticated: boolean; readonly startedAt: string },
): ClusterView {
  const resources = access.find(({ kind }) => kind === 'ExternalSecret')
  const { state, since, message, hint } = resources ?? { state: 'loading', since: startedAt, message: '', hint: '' }
  if (isUnauthenticated) {
    return { state: 'unauthenticated', since, message, hint: 'kubectl auth whoami' }
  }
  if (state === 'absent') {
    const how = 'acksm crds | kubectl apply --server-side -f -'
    return { state: 'no-crds', since, message: 'the cluster does not have the CRDs of ack-secret-manager', hint: how }
  }
  if (state === 'forbidden' || state === 'disconnected') return { state, since, message, hint }
  // One kind alone can fail, such as by an API service that is down: it has a state of its own.
  return { state: state === 'loading' ? 'loading' : 'live', since, message: '', hint: '' }
}
