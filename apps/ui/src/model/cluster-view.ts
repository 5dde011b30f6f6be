import type { AccessView, ClusterView } from './views/access.ts'

const WHOAMI = 'kubectl auth whoami'

/** Whether the API server answers. */
export type ClusterHealth =
  | { readonly state: 'ok' }
  | { readonly state: 'disconnected' | 'unauthenticated'; readonly sinceMs: number; readonly message: string }

/** What the states of all kinds together say about the cluster. `isUnauthenticated`: the last error was a 401. Pure. */
export function clusterView(
  access: readonly AccessView[],
  {
    isUnauthenticated,
    startedAt,
    health = { state: 'ok' },
  }: {
    readonly isUnauthenticated: boolean
    readonly startedAt: string
    /** What a request besides the watches found. @default ok */
    readonly health?: ClusterHealth
  },
): ClusterView {
  const resources = access.find(({ kind }) => kind === 'ExternalSecret')
  const { state, since, message, hint } = resources ?? { state: 'loading', since: startedAt, message: '', hint: '' }
  if (isUnauthenticated) {
    return { state: 'unauthenticated', since, message, hint: WHOAMI }
  }
  if (health.state !== 'ok' && state !== 'disconnected') {
    return {
      state: health.state,
      since: new Date(health.sinceMs).toISOString(),
      message: health.message,
      hint: health.state === 'unauthenticated' ? WHOAMI : '',
    }
  }
  if (state === 'absent') {
    const how = 'acksm crds | kubectl apply --server-side -f -'
    return { state: 'no-crds', since, message: 'the cluster does not have the CRDs of ack-secret-manager', hint: how }
  }
  if (state === 'forbidden' || state === 'disconnected') return { state, since, message, hint }
  // One kind alone can fail, such as by an API service that is down: it has a state of its own.
  return { state: state === 'loading' ? 'loading' : 'live', since, message: '', hint: '' }
}
