import { type Quota, remember } from '@ack-secret-manager/core'
import { OWNS_ALL, type Ownership } from './ownership.ts'

/** Share of a domain's rate for its owner. The other members share the rest, because later entries of their resources may read from it. */
const OWNER_SHARE = 0.9

/** Limit of known quotas; the oldest one is forgotten beyond that. */
const MAX_QUOTAS = 10_000
/** Limit of domains per quota. A quota has several if stores name one account by several identities. */
const MAX_DOMAINS = 8

/** The share of each rate limit that this process may use. */
export class QuotaShares {
  readonly #domains = new Map<string, Set<string>>()
  #known = new WeakSet<Quota>()
  #ownership = OWNS_ALL
  /** Called when the share of a known quota has become larger, because this process owns a further domain of it. */
  onLarger = (): void => undefined

  set ownership(ownership: Ownership) {
    this.#ownership = ownership
    // Forgotten domains may be owned now.
    this.#known = new WeakSet()
  }

  /** Reads with this quota belong to a domain. */
  learn(quota: Quota, domainOf: () => string): void {
    // Connections keep their quota object, and this is called for every read of every sync.
    if (this.#known.has(quota)) return
    this.#known.add(quota)
    const key = keyOf(quota)
    const before = this.shareOf(quota)
    const domains = this.#domains.get(key) ?? new Set()
    domains.add(domainOf())
    if (domains.size > MAX_DOMAINS) domains.delete(this.#oldestOf(domains))
    this.#domains.delete(key)
    remember(this.#domains, key, domains, MAX_QUOTAS)
    if (this.shareOf(quota) > before) this.onLarger()
  }

  readonly shareOf = (quota: Quota): number => {
    const { members } = this.#ownership
    if (members <= 1) return 1
    const domains = this.#domains.get(keyOf(quota))
    const isOwned = domains === undefined || [...domains].some((domain) => this.#ownership.owns(domain))
    return isOwned ? OWNER_SHARE : (1 - OWNER_SHARE) / (members - 1)
  }

  /** An owned domain only if all are, because the others do not change the share. */
  #oldestOf(domains: ReadonlySet<string>): string {
    const oldest = [...domains]
    return oldest.find((domain) => !this.#ownership.owns(domain)) ?? oldest[0] ?? ''
  }
}

function keyOf({ account, region }: Quota): string {
  return JSON.stringify([account, region])
}
