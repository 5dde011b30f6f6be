import { isSecretSyncError, type SecretSyncError } from '@ack-secret-manager/core'
import { isKubeApiError, Reflector } from '@ack-secret-manager/k8s-client'
import type { ClusterReader } from '../kube/cluster-reader.ts'
import { resourcesPath } from '../kube/collections.ts'
import { keyOf, type LiveExternalSecret, liveExternalSecret } from '../kube/resource-objects.ts'
import { withKubeErrors } from '../sync/cluster/kube-errors.ts'
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
 * of the reader aborts.
 * @returns the last result of each that was not handled
 * @throws SecretSyncError if the user may not list or watch them
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
  await using reflector = new Reflector({
    client,
    path: resourcesPath('ExternalSecret'),
    namespaces: [...new Set(resources.map(({ namespace }) => namespace))],
    // One resource may be visible to a user who may not see the others.
    ...(resources.length === 1 && only ? { fieldSelector: `metadata.name=${only.name}` } : {}),
    project: liveExternalSecret,
    onChange: (change) => {
      if (!waiting.has(change.key)) return
      if (change.kind === 'deleted') return finish(change.key, 'deleted')
      const result = refreshResultOf(change.object, value)
      if (result.isHandled) finish(change.key, result)
      else waiting.set(change.key, result)
    },
    onFault: ({ error }) => {
      if (isFatal(error)) reject(error)
    },
  })
  // What is gone before the first list is in no event.
  const onSynced = (): void => {
    for (const key of waiting.keys()) if (reflector.get(key) === undefined) finish(key, 'deleted')
  }
  void reflector.synced.then(onSynced, () => undefined)
  void reflector.run({ signal: ended })
  ended.addEventListener('abort', resolve, { once: true })
  if (ended.aborted) resolve()
  await withKubeErrors('watching the ExternalSecrets for --wait', () => done)
  return waiting
}

/** Whether waiting cannot help: the user lacks a permission, or is unknown. */
function isFatal(error: unknown): error is SecretSyncError {
  if (isSecretSyncError(error)) return error.code === 'Unauthenticated'
  return isKubeApiError(error, 403) || isKubeApiError(error, 401)
}
