import { nameText, SecretSyncError } from '@ack-secret-manager/core'
import type { Claim } from '../model/found.ts'

/** The claim of a found secret to a key. The secret was read, or the target already has it. */
export interface KeyClaim {
  readonly key: string
  readonly claim: Claim
  readonly secret: string
  /** Equal for the same secret of one store. */
  readonly source: unknown
}

/** The result of all claims to one key. */
export interface ClaimResult<Wanted extends KeyClaim> {
  /** Claims of the one source that gets the key. */
  readonly winners: readonly Wanted[]
  /** Other claims of secrets that the target may have. Their content is kept. */
  readonly failed: readonly Wanted[]
  /** Other claims. Their secrets are not added. */
  readonly refused: readonly Wanted[]
  readonly error: SecretSyncError | undefined
}

const RANKS: readonly Claim[] = ['added', 'other-store', 'former', 'held']

/**
 * Decides which of several found secrets gets a key. Pure. What the target has is kept, so that no secret that another user creates takes over
 * a key. If all secrets are new, none is added, because any choice would be arbitrary.
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
