import { createHash } from 'node:crypto'

/** Quota domain of work without a store: ClusterExternalSecrets, and resources whose store does not exist. */
export const CLUSTER_DOMAIN = 'cluster'

/** The domains that one process works on. */
export interface Ownership {
  /** Number of live members, including this process; 0 while this process owns nothing. */
  readonly members: number
  owns(domain: string): boolean
}

/** Owns every domain: a process without other members. */
export const OWNS_ALL: Ownership = { members: 1, owns: () => true }

/** Owns no domain. */
export const OWNS_NOTHING: Ownership = { members: 0, owns: () => false }

/** The log line of a changed ownership. */
export function ownershipMessage({ members }: Ownership): string {
  if (members === 0) return 'Shard ownership changed: this replica owns nothing'
  return `Shard ownership changed: shared by ${members} ${members === 1 ? 'member' : 'members'}`
}

/**
 * The slot that owns a domain: the one with the highest score (rendezvous hashing). A new slot takes domains from all others, a removed
 * one leaves its domains to them, and no domain moves between slots that stay.
 * @param slots must not be empty
 */
export function slotOf(domain: string, slots: readonly string[]): string {
  return slots.reduce((best, slot) => (beats(slot, best, domain) ? slot : best))
}

/** The ownership of the process that holds `slot`. Caches its results. */
export function ownershipOf(slot: string, slots: readonly string[]): Ownership {
  const known = new Map<string, boolean>()
  return {
    members: slots.length,
    owns: (domain) => {
      let isOwned = known.get(domain)
      if (isOwned === undefined) {
        isOwned = slotOf(domain, slots) === slot
        if (known.size >= MAX_KNOWN) known.clear()
        known.set(domain, isOwned)
      }
      return isOwned
    },
  }
}

const MAX_KNOWN = 10_000

function beats(slot: string, other: string, domain: string): boolean {
  if (slot === other) return false
  const [mine, theirs] = [scoreOf(slot, domain), scoreOf(other, domain)]
  return mine > theirs || (mine === theirs && slot > other)
}

function scoreOf(slot: string, domain: string): string {
  return createHash('sha256')
    .update(JSON.stringify([slot, domain]))
    .digest('hex')
}
