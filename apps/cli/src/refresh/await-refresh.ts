import { isSecretSyncError } from '@ack-secret-manager/core'
import { isKubeApiError, Reflector } from '@ack-secret-manager/k8s-client'
import { keyOf, type LiveExternalSecret, liveExternalSecret } from '@ack-secret-manager/resource-view'
import { resourcesPath } from '@ack-secret-manager/resources'
import type { ClusterReader } from '../kube/cluster-reader.ts'
import { withKubeErrors } from '../sync/cluster/kube-errors.ts'
import { pollResources } from './poll-resources.ts'
import { type RefreshResult, refreshResultOf } from './refresh-result.ts'

/** Options of {@link awaitRefresh}. */
export interface AwaitRefreshOptions {
  readonly resources: readonly LiveExternalSecret[]
  /** Value of the annotation. */
  readonly value: string
  readonly timeoutMs: number
  /** Called for each resource whose request was handled, and for each that was deleted. */
  readonly onResult: (key: string, result: RefreshResult | 'deleted') => void
}

/**
 * Watches ExternalSecrets until the operator has handled a refresh request of each, until `timeoutMs` have passed, or until the signal
 * of the reader aborts. Polls them if the user may not watch.
 * @returns the last result of each that was not handled
 * @throws SecretSyncError if the user may not read them
 */
export async function awaitRefresh(
  { client, signal }: ClusterReader,
  { resources, value, timeoutMs, onResult }: AwaitRefreshOptions,
): Promise<ReadonlyMap<string, RefreshResult>> {
  const waiting = new Map(resources.map((each) => [keyOf(each), refreshResultOf(each, value)]))
  let resolve = (): void => {}
  let reject = (_error: unknown): void => {}
  const done = new Promise<void>((onDone, onError) => {
    resolve = onDone
    reject = onError
  })
  const finish = (key: string, result: RefreshResult | 'deleted'): void => {
    if (!waiting.delete(key)) return
    onResult(key, result)
    if (waiting.size === 0) resolve()
  }
  if (waiting.size === 0) return waiting
  const [only] = resources
  const ended = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])
  const see = (key: string, found: LiveExternalSecret | undefined): void => {
    if (!waiting.has(key)) return
    if (found === undefined) return finish(key, 'deleted')
    const result = refreshResultOf(found, value)
    if (result.isHandled) finish(key, result)
    else waiting.set(key, result)
  }
  const watching = new AbortController()
  const pollInstead = (): void => {
    if (watching.signal.aborted) return
    watching.abort()
    const remaining = (): readonly LiveExternalSecret[] => resources.filter((each) => waiting.has(keyOf(each)))
    const onRead = (resource: Pick<LiveExternalSecret, 'namespace' | 'name'>, found?: LiveExternalSecret): void =>
      see(keyOf(resource), found)
    pollResources({ client, signal: ended }, { remaining, onRead }).catch(reject)
  }
  await using reflector = new Reflector({
    client,
    path: resourcesPath('ExternalSecret'),
    namespaces: [...new Set(resources.map(({ namespace }) => namespace))],
    // One resource may be visible to a user who may not see the others.
    ...(resources.length === 1 && only ? { fieldSelector: `metadata.name=${only.name}` } : {}),
    project: liveExternalSecret,
    onChange: (change) => see(change.key, change.kind === 'deleted' ? undefined : change.object),
    onFault: ({ error }) => {
      if (isKubeApiError(error, 403)) pollInstead()
      else if (isUnauthenticated(error)) reject(error)
    },
  })
  // What is gone before the first list is in no event.
  const onSynced = (): void => {
    for (const key of waiting.keys()) if (reflector.get(key) === undefined) finish(key, 'deleted')
  }
  void reflector.synced.then(onSynced, () => undefined)
  void reflector.run({ signal: AbortSignal.any([ended, watching.signal]) })
  ended.addEventListener('abort', resolve, { once: true })
  if (ended.aborted) resolve()
  await withKubeErrors('reading the ExternalSecrets for --wait', () => done)
  return waiting
}

/** Whether waiting cannot help: the API server does not know the user. */
function isUnauthenticated(error: unknown): boolean {
  return isSecretSyncError(error) ? error.code === 'Unauthenticated' : isKubeApiError(error, 401)
}
