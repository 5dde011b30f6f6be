import { type Clock, isSecretSyncError, SecretSyncError } from '@ack-secret-manager/core'
import type { ServiceAccountTokenRequest } from '@ack-secret-manager/auth-rrsa'
import { API_SERVER_STARTUP_MS } from '@ack-secret-manager/k8s-client'

/**
 * A starting API server denies requests until it has loaded its roles. If it has issued a token before, its denials count as an outage, for
 * 30 s after the first one: the current credential stays in use.
 */
export function withStartupDenials<Token>(
  request: (request: ServiceAccountTokenRequest) => Promise<Token>,
  clock: Pick<Clock, 'monotonic'>,
): (request: ServiceAccountTokenRequest) => Promise<Token> {
  let hasIssued = false
  let deniedSinceMs: number | undefined
  return async (options) => {
    try {
      const token = await request(options)
      hasIssued = true
      deniedSinceMs = undefined
      return token
    } catch (error) {
      if (!hasIssued || !isSecretSyncError(error) || error.facts.httpStatus !== 403) throw error
      const nowMs = clock.monotonic()
      deniedSinceMs ??= nowMs
      if (nowMs - deniedSinceMs >= API_SERVER_STARTUP_MS) throw error
      throw new SecretSyncError('Unavailable', error.message, { facts: error.facts })
    }
  }
}
