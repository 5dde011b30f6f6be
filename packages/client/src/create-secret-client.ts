import { checkLimits } from '@ack-secret-manager/core'
import { checkFunctions } from './internal/check-options.ts'
import { openConnection } from './internal/open-connection.ts'
import { unreferencedClock } from './internal/unreferenced-clock.ts'
import { SecretClient } from './secret-client.ts'
import type { SecretClientOptions } from './secret-client-options.ts'

/**
 * A client for the secrets of KMS, as the one identity that the environment configures. Makes no network call.
 * @throws SecretSyncError `InvalidSpec` | `Unauthenticated` naming the option or variable, RangeError for a limit
 * @example
 * ```ts
 * await using kms = createSecretClient({ region: 'cn-hangzhou' })
 * const { user, password } = await kms.json<{ user: string; password: string }>('shop/db')
 * ```
 */
export function createSecretClient(options: SecretClientOptions = {}): SecretClient {
  const { refreshIntervalMs = 120_000, maxStaleMs = 3_600_000, maxIdleMs = 3_600_000 } = options
  const { timeoutMs = 10_000, maxSecrets = 1_000, clock = unreferencedClock, random = Math.random, onRead } = options
  checkLimits({ refreshIntervalMs, maxStaleMs, maxIdleMs, timeoutMs, maxSecrets })
  checkFunctions({ onRead })
  const connection = openConnection({ ...options, timeoutMs }, clock)
  const limits = { refreshIntervalMs, maxStaleMs, maxIdleMs, timeoutMs, maxSecrets }
  return new SecretClient({ ...connection, ...limits, clock, random, ...(onRead && { onRead }) })
}
