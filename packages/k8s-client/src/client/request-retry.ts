import { type Clock, sleep } from '@ack-secret-manager/core'
import type { CredentialCache } from '../credentials/credential-cache.ts'
import type { KubeCredentials } from '../credentials/kube-credentials.ts'
import { isKubeApiError } from './kube-api-error.ts'
import type { KubeRequest } from './kube-request.ts'
import { isConnectFailure, isReset } from './transport-error.ts'
import { FenceClosedError } from './write-fence.ts'

/** Pause after a 429 without `Retry-After`. */
const THROTTLE_PAUSE_MS = 1_000

/** The first attempt of a request. */
export interface FirstAttempt {
  readonly request: KubeRequest
  /** Its body as JSON; null for none. */
  readonly body: string | null
  readonly credentials: KubeCredentials
  readonly signal: AbortSignal
  /** When the signal aborts, in monotonic milliseconds. */
  readonly deadlineMs: number
}

/** State of one request across its attempts. */
export interface AttemptState extends Omit<FirstAttempt, 'credentials'> {
  credentials: KubeCredentials
  renewed: boolean
  reloaded: boolean
  resets: number
  throttles: number
}

/** Options of {@link prepareRetry}. */
export interface RetryOptions {
  readonly clock: Clock
  readonly maxThrottleRetries: number
  readonly credentials: Pick<CredentialCache, 'renew' | 'reload'>
}

export function firstAttempt(first: FirstAttempt): AttemptState {
  return { ...first, renewed: false, reloaded: false, resets: 0, throttles: 0 }
}

/**
 * Renews credentials after a 401. Reloads them after a broken connection, because the CA or the address may have been replaced.
 * @returns whether to repeat the request, which was not processed
 */
export async function renewCredentials(
  error: unknown,
  attempts: AttemptState,
  credentials: RetryOptions['credentials'],
): Promise<boolean> {
  let newer: KubeCredentials | undefined
  if (isKubeApiError(error, 401) && !attempts.renewed) {
    attempts.renewed = true
    newer = await credentials.renew(attempts.credentials)
  } else if ((isConnectFailure(error) || isReset(error)) && !attempts.reloaded) {
    attempts.reloaded = true
    newer = await credentials.reload(attempts.credentials)
  }
  attempts.credentials = newer ?? attempts.credentials
  return newer !== undefined && !isReset(error)
}

/** Renews credentials, or waits after a 429. @returns false if the error is final */
export async function prepareRetry(
  error: unknown,
  attempts: AttemptState,
  { clock, maxThrottleRetries, credentials }: RetryOptions,
): Promise<boolean> {
  const { request, signal } = attempts
  if (error instanceof FenceClosedError) return true
  if (await renewCredentials(error, attempts, credentials)) return true
  if (request.method !== 'GET') return false
  if (isKubeApiError(error, 429) && attempts.throttles < maxThrottleRetries) {
    const pauseMs = error.retryAfterMs ?? THROTTLE_PAUSE_MS
    // The caller must get the pause that the API server requests, not a timeout.
    if (clock.monotonic() + pauseMs >= attempts.deadlineMs) return false
    attempts.throttles += 1
    await sleep(pauseMs, { clock, signal })
    return true
  }
  if (!isReset(error) || attempts.resets > 0) return false
  attempts.resets += 1
  return true
}
