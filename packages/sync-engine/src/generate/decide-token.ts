import { createHash } from 'node:crypto'
import type { SecretGenerator, TokenLife } from '@ack-secret-manager/core'
import { decodeGeneratedVersion, generatedOrigin } from '../model/generated-version.ts'
import type { HeldValue } from './decide-generated.ts'
import { MAX_CLOCK_DIFFERENCE_MS } from './time-bounds.ts'

/** Role sessions live 12 hours at most, and tokens of registries less. A record with a longer life is forged. */
const MAX_LIFE_MS = 12 * 3_600_000
/** Renewals of many resources spread over this part of the life. */
const JITTER = 1 / 30

/** What to do with the token of one key. */
export type TokenDecision =
  | { readonly kind: 'renew'; readonly reason: 'missing' | 'unexplained' | 'settings' | 'due' }
  | { readonly kind: 'keep'; readonly life: TokenLife }

/**
 * Decides whether the target keeps its token. Pure. The age comes from the record in the target, so that a restart renews no token early or
 * late. Unlike a password, a token can be issued again, so a value without a record is replaced. Only the clock of this process counts,
 * because the services reject calls with a wrong time.
 * @param seed spreads the renewals; the same for one key of one target
 */
export function decideToken(
  held: HeldValue | undefined,
  { kind, settings }: Pick<SecretGenerator, 'kind' | 'settings'>,
  { nowMs, seed }: { readonly nowMs: number; readonly seed: string },
): TokenDecision {
  if (held === undefined || held.byteLength === 0) return { kind: 'renew', reason: 'missing' }
  const life = lifeOf(held, kind)
  if (life === undefined || isOfFuture(life, nowMs)) return { kind: 'renew', reason: 'unexplained' }
  if (decodeGeneratedVersion(held.record?.versionId ?? '')?.settings !== settings)
    return { kind: 'renew', reason: 'settings' }
  return tokenDueMs(life, seed) <= nowMs ? { kind: 'renew', reason: 'due' } : { kind: 'keep', life }
}

/** The life of a token that the record explains; undefined for any other value. */
export function lifeOf({ record, isEdited }: HeldValue, kind: string): TokenLife | undefined {
  if (record?.secret !== generatedOrigin(kind) || isEdited) return undefined
  const { generatedMs, expiresMs } = decodeGeneratedVersion(record.versionId) ?? {}
  if (generatedMs === undefined || expiresMs === undefined) return undefined
  const lifeMs = expiresMs - generatedMs
  return lifeMs > 0 && lifeMs <= MAX_LIFE_MS ? { issuedMs: generatedMs, expiresMs } : undefined
}

/** Whether the token was issued in the future. The clock was set back or the record is forged, so the expiry is unknown. */
export function isOfFuture({ issuedMs }: Pick<TokenLife, 'issuedMs'>, nowMs: number): boolean {
  return issuedMs > nowMs + MAX_CLOCK_DIFFERENCE_MS
}

/**
 * When a token is renewed: after two thirds of its life, plus a part of the jitter. The jitter follows from `seed` and the issue, so every
 * process computes the same time.
 */
export function tokenDueMs({ issuedMs, expiresMs }: TokenLife, seed: string): number {
  const digest = createHash('sha256').update(`${seed}\n${issuedMs}`).digest()
  const fraction = digest.readUInt32BE(0) / 2 ** 32
  return Math.ceil(issuedMs + (expiresMs - issuedMs) * (2 / 3 + JITTER * fraction))
}
