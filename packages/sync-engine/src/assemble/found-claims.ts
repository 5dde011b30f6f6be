import { nameText, SecretSyncError } from '@ack-secret-manager/core'
import type { Claim } from '../model/found.ts'

/** A found secret that wants a key, and that was read, or is in the target and cannot be read now. */
export interface KeyClaim {
  readonly key: string
  readonly claim: Claim
  readonly secret: string
  /** Equal for the same secret of one store. */
  readonly source: unknown
}

/** How claims for one key end. */
export interface ClaimResult<Wanted extends KeyClaim> {
  /** Has the key. Others with the same source have it, too. */
  readonly winners: readonly Wanted[]
  /** The target may have them, and the spec gives them the key of another one: what the target has stays. */
  readonly failed: readonly Wanted[]
  /** They are not added. */
  readonly refused: readonly Wanted[]
  readonly error: SecretSyncError | undefined
}

const RANKS: readonly Claim[] = ['added', 'other-store', 'former', 'held']

/**
 * Which of several found secrets gets a key. Pure. What the target has stays, so that nothing which others create takes a key over. Of
 * secrets that are all new none is added: a choice would be an accident.
 * @param claims at least one, in the order of the plan
 * @param origin secret of the key in the record of the target
 */
export function resolveClaims<Wanted extends KeyClaim>(
  claims: readonly Wanted[],
  origin: string | undefined,
): ClaimResult<Wanted> {
  const [first] = claims
  if (first === undefined) return { winners: [], failed: [], refused: [], error: undefined }
  const top = Math.max(...claims.map(({ claim }) => RANKS.indexOf(claim)))
  const best = claims.filter(({ claim }) => RANKS.indexOf(claim) === top)
  const winner = winnerOf(best, origin)
  const winners = winner === undefined ? [] : claims.filter(({ source }) => source === winner.source)
  const losers = claims.filter((claim) => !winners.includes(claim))
  if (losers.length === 0) return { winners, failed: [], refused: [], error: undefined }
  const keepsContent = ({ claim }: Wanted): boolean =>
    claim === 'held' || (winner === undefined && claim !== 'added' && RANKS.indexOf(claim) === top)
  return {
    winners,
    failed: losers.filter(keepsContent),
    refused: losers.filter((loser) => !keepsContent(loser)),
    error: bothError(winner ?? first, losers.find(({ source }) => source !== (winner ?? first).source) ?? first),
  }
}

function winnerOf<Wanted extends KeyClaim>(best: readonly Wanted[], origin: string | undefined): Wanted | undefined {
  const [first] = best
  if (best.every(({ source }) => source === first?.source)) return first
  if (first?.claim !== 'held') return undefined
  const owners = best.filter(({ secret }) => secret === origin)
  return owners.length > 0 && owners.every(({ source }) => source === owners[0]?.source) ? owners[0] : undefined
}

function bothError(one: KeyClaim, other: KeyClaim): SecretSyncError {
  const both = `secrets ${nameText(one.secret)} and ${nameText(other.secret)} both become key ${one.key}`
  return new SecretSyncError('DuplicateKey', `${both}; change the rules of rewrite, or find only one of them`)
}
