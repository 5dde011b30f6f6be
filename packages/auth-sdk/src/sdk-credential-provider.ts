import {
  defined,
  checkLimits,
  type Clock,
  type CredentialProvider,
  type CredentialRefresh,
  CredentialRefresher,
  fingerprint,
  type Identity,
  systemClock,
  unknownAccount,
} from '@ack-secret-manager/core'
import { type ReadableCredential, SdkSource } from './internal/sdk-source.ts'

/** A credential of `@alicloud/credentials`: its `Credential` class, or any object with the same two methods. */
export interface SdkCredential extends ReadableCredential {
  /** `access_key`, `ram_role_arn`, `oidc_role_arn` … */
  getType(): string
}

/** Options of {@link sdkCredentialProvider}. */
export interface SdkCredentialOptions {
  /** What the identity is called in conditions and logs. @default `@alicloud/credentials TYPE` */
  readonly description?: string
  /** Account whose quota the identity uses. @default unknown until STS has named it */
  readonly account?: string
  /** How long a credential is used whose expiry the SDK does not tell, before it is read again. @default 60_000 */
  readonly holdMs?: number
  /** Deadline of one read. The SDK cannot be aborted: its request ends on its own, and its result is dropped. @default 20_000 */
  readonly timeoutMs?: number
  /** Called after each refresh. Must not throw. */
  readonly onRefresh?: (refresh: CredentialRefresh) => void
  /** @default systemClock */
  readonly clock?: Clock
  /** A number in [0, 1), for jitter. @default Math.random */
  readonly random?: () => number
}

/** Numbers of the credentials that were given, so that two providers over one of them have one fingerprint. */
const numbers = new WeakMap<object, number>()
let lastNumber = 0

/**
 * Turns a credential of the official SDK into a {@link CredentialProvider}: one frozen object per read, one read for all
 * concurrent callers, renewed before it expires, and never handed out after.
 *
 * The SDK takes no notice of a refused session, and keeps it until 15 minutes before its end. Pass a function that makes
 * a new credential to get a new session after `invalidate`; with the credential itself, `invalidate` only reads it again.
 * @throws `credential()` throws SecretSyncError `Unauthenticated` | `Unavailable` | `Timeout` | `Throttled` | `InvalidResponse`
 */
export function sdkCredentialProvider(
  credential: SdkCredential | (() => SdkCredential),
  options: SdkCredentialOptions = {},
): CredentialProvider {
  const { holdMs = 60_000, timeoutMs = 20_000, onRefresh, clock = systemClock, random, account } = options
  checkLimits({ holdMs, timeoutMs })
  const description = options.description ?? `@alicloud/credentials${typeOf(credential)}`
  const own = fingerprint('sdk', String(numberOf(credential)), description)
  const identity: Identity = { kind: 'sdk', fingerprint: own, description, account: account ?? unknownAccount(own) }
  return new CredentialRefresher({
    identity,
    source: new SdkSource({
      open: typeof credential === 'function' ? credential : () => credential,
      what: description,
      holdMs,
      clock,
    }),
    fetchTimeoutMs: timeoutMs,
    clock,
    ...defined({ onRefresh, random }),
  })
}

function typeOf(credential: SdkCredential | (() => SdkCredential)): string {
  if (typeof credential === 'function') return ''
  const type = credential.getType()
  // A type that is chosen by a caller may be anything.
  return typeof type === 'string' && /^[\w/-]{1,80}$/.test(type) ? ` ${type}` : ''
}

function numberOf(credential: object): number {
  const known = numbers.get(credential)
  if (known !== undefined) return known
  lastNumber += 1
  numbers.set(credential, lastNumber)
  return lastNumber
}
