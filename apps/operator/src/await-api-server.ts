import { fullJitter, isSecretSyncError, type SecretSyncError, sleep, systemClock } from '@ack-secret-manager/core'
import { isKubeApiError, type KubeApiError } from '@ack-secret-manager/k8s-client'
import { isApiServerUnavailable } from './is-api-server-unavailable.ts'

const BACKOFF = { baseMs: 1_000, maxMs: 30_000 }

/**
 * Repeats the first work with the API server until it answers: the pod of a node that starts may be there before it.
 * @param onAway called after each try without an answer
 * @throws SecretSyncError | KubeApiError for any other failure, and `Cancelled` when the signal aborts
 */
export async function awaitApiServer<T>(
  work: () => Promise<T>,
  {
    onAway,
    signal,
  }: { readonly onAway: (error: KubeApiError | SecretSyncError) => void; readonly signal: AbortSignal },
): Promise<T> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await work()
    } catch (error) {
      const isKnown = isKubeApiError(error) || isSecretSyncError(error)
      if (!isKnown || !isApiServerUnavailable(error)) throw error
      onAway(error)
      await sleep(fullJitter(tries, BACKOFF, Math.random), { clock: systemClock, signal }).catch(() => {
        // Aborted: the next try fails with `Cancelled`.
      })
    }
  }
}
