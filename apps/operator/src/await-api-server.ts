import { fullJitter, isSecretSyncError, type SecretSyncError, sleep, systemClock } from '@ack-secret-manager/core'
import { isKubeApiError, type KubeApiError } from '@ack-secret-manager/k8s-client'
import { isApiServerUnavailable } from './is-api-server-unavailable.ts'

const BACKOFF = { baseMs: 1_000, maxMs: 30_000 }

/**
 * Retries the first request until the API server is available: after a node reboot this pod may start before it.
 * @param onUnavailable called after each attempt without a response
 * @throws SecretSyncError | KubeApiError for any other failure, and `Cancelled` when the signal aborts
 */
export async function awaitApiServer<T>(
  work: () => Promise<T>,
  {
    onUnavailable,
    signal,
  }: { readonly onUnavailable: (error: KubeApiError | SecretSyncError) => void; readonly signal: AbortSignal },
): Promise<T> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await work()
    } catch (error) {
      const isKnown = isKubeApiError(error) || isSecretSyncError(error)
      if (!isKnown || !isApiServerUnavailable(error)) throw error
      onUnavailable(error)
      await sleep(fullJitter(tries, BACKOFF, Math.random), { clock: systemClock, signal }).catch(() => {
        // Aborted: the next try fails with `Cancelled`.
      })
    }
  }
}
