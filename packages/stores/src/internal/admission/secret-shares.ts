import { Interner, type ReadDemand, SecretSyncError } from '@ack-secret-manager/core'
import { homeOf, storeLabel } from '../../store-references.ts'
import type { ShareChange } from '../../store-types.ts'

/** The secrets that one resource reads, and through which stores. */
export interface SecretDemand {
  readonly namespace: string
  readonly name: string
  /** creationTimestamp of the resource, in wall-clock milliseconds. */
  readonly createdMs: number
  /** In the order of the resource's spec. `store` is the store's label. */
  readonly secrets: ReadonlyArray<{ readonly store: string; readonly secret: string }>
  /** Secrets that lists show. Admitted if the reads of all resources leave room. */
  readonly additions?: SecretDemand['secrets']
}

/** The resources of one namespace, oldest first. */
interface Demands {
  readonly byName: Map<string, SecretDemand>
  readonly oldestFirst: SecretDemand[]
}

/** The secrets that a namespace may read through a store. The oldest resources come first. */
interface Share {
  readonly max: number
  readonly admitted: ReadonlySet<string>
}

/** Labels of stores, which thousands of resources repeat. */
const labels = new Interner()

/** The reads of a resource that go through a store, in the order of its spec. */
export function readsOf({ namespace, reads }: Pick<ReadDemand, 'namespace' | 'reads'>): SecretDemand['secrets'] {
  return reads.flatMap(({ ref, secret }) =>
    ref === undefined ? [] : { store: labels.of(storeLabel(homeOf(ref, namespace), ref.name)), secret },
  )
}

/** What {@link SecretShares} keeps of each resource. Copies the list, because the spare capacity of its array would cost 130 bytes. */
export function secretDemandOf(demand: ReadDemand): SecretDemand {
  const { namespace, name, createdMs, additions } = demand
  const more = additions && { additions: readsOf({ namespace, reads: additions }) }
  return { namespace, name, createdMs, secrets: [...readsOf(demand)], ...more }
}

/** Whether a resource reads any of the secrets of a change, or may have found one. */
export function isConcernedBy({ store, namespace, secrets }: ShareChange, demand: ReadDemand): boolean {
  if (demand.namespace !== namespace) return false
  // The names that it has found are not part of the demand.
  const finds = demand.finds?.some((ref) => ref !== undefined && storeLabel(homeOf(ref, namespace), ref.name) === store)
  if (finds === true) return true
  return readsOf(demand).some((read) => read.store === store && secrets.has(read.secret))
}

/**
 * Enforces `maxSecretsPerNamespace`: which secrets each namespace may read through each store. Resources are served in order of
 * creation, then name, so the result is the same after a restart. A share is computed when a store with a limit is first resolved.
 */
export class SecretShares {
  readonly #onChange: (change: ShareChange) => void
  /** By namespace. */
  readonly #demands = new Map<string, Demands>()
  /** By namespace and store. */
  readonly #shares = new Map<string, Map<string, Share>>()

  constructor(onChange: (change: ShareChange) => void) {
    this.#onChange = onChange
  }

  /** Replaces the reads of a resource. */
  set(demand: SecretDemand): void {
    const { namespace } = demand
    const { oldestFirst, before: former } = this.#replace(demand)
    const shares = this.#shares.get(namespace)
    if (shares === undefined) return
    const concerned = new Set([former, demand].flatMap((each) => (each ? storesOf(each) : [])))
    const changes = [...shares].flatMap(([store, before]) => {
      if (!concerned.has(store)) return []
      const now = shareOf(store, before.max, oldestFirst)
      shares.set(store, now)
      return changeOf(before, now, { store, namespace })
    })
    if (oldestFirst.length === 0) this.#shares.delete(namespace)
    for (const change of changes) this.#onChange(change)
  }

  /**
   * @param store label of the store, for errors
   * @throws SecretSyncError `StoreNotAllowed`
   */
  check(store: string, namespace: string, secret: string, max: number): void {
    const shares = this.#shares.get(namespace) ?? new Map<string, Share>()
    let share = shares.get(store)
    if (share?.max !== max) {
      share = shareOf(store, max, this.#demands.get(namespace)?.oldestFirst ?? [])
      this.#shares.set(namespace, shares.set(store, share))
    }
    if (share.admitted.has(secret)) return
    throw new SecretSyncError(
      'StoreNotAllowed',
      `${store} has maxSecretsPerNamespace ${max}, and namespace ${namespace} reads more; the oldest ExternalSecrets are served first; raise the limit or delete ExternalSecrets`,
    )
  }

  /** Drops the shares of a deleted store. */
  forget(store: string): void {
    for (const shares of this.#shares.values()) shares.delete(store)
  }

  /** Returns the resources of the namespace, and the former reads of this resource. */
  #replace(demand: SecretDemand): Demands & { readonly before: SecretDemand | undefined } {
    const { namespace, name } = demand
    const demands = this.#demands.get(namespace) ?? { byName: new Map(), oldestFirst: [] }
    const { byName, oldestFirst } = demands
    const before = byName.get(name)
    if (before !== undefined) oldestFirst.splice(insertionIndex(before, oldestFirst), 1)
    byName.delete(name)
    if (demand.secrets.length + (demand.additions ?? []).length > 0) {
      oldestFirst.splice(insertionIndex(demand, oldestFirst), 0, demand)
      byName.set(name, demand)
    }
    if (byName.size > 0) this.#demands.set(namespace, demands)
    else this.#demands.delete(namespace)
    return { ...demands, before }
  }
}

/** Index of the first resource that is not older than `demand`. Binary search. */
function insertionIndex(demand: SecretDemand, oldestFirst: readonly SecretDemand[]): number {
  let [low, high] = [0, oldestFirst.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (isOlder(oldestFirst[middle] as SecretDemand, demand)) low = middle + 1
    else high = middle
  }
  return low
}

function isOlder(one: SecretDemand, other: SecretDemand): boolean {
  return one.createdMs === other.createdMs ? one.name < other.name : one.createdMs < other.createdMs
}

function shareOf(store: string, max: number, demands: readonly SecretDemand[]): Share {
  const admitted = new Set<string>()
  const more: SecretDemand['secrets'][] = []
  for (const { secrets, additions } of demands) {
    for (const wanted of secrets) {
      if (wanted.store === store) admitted.add(wanted.secret)
      if (admitted.size === max) return { max, admitted }
    }
    if (additions) more.push(additions)
  }
  // A secret that only a list shows may come from another user. It must not displace secrets that a resource already reads.
  for (const wanted of more.flat()) {
    if (wanted.store === store) admitted.add(wanted.secret)
    if (admitted.size === max) break
  }
  return { max, admitted }
}

function storesOf({ secrets, additions = [] }: SecretDemand): readonly string[] {
  return [...secrets, ...additions].map(({ store }) => store)
}

/** The secrets whose admission differs. Below the limit nothing is refused, so nothing can differ. */
function changeOf(
  before: Share,
  now: Share,
  where: Pick<ShareChange, 'store' | 'namespace'>,
): ShareChange | readonly never[] {
  if (before.admitted.size < before.max && now.admitted.size < now.max) return []
  const secrets = new Set([...withoutAll(before.admitted, now.admitted), ...withoutAll(now.admitted, before.admitted)])
  return secrets.size === 0 ? [] : { ...where, secrets }
}

function withoutAll(one: ReadonlySet<string>, other: ReadonlySet<string>): readonly string[] {
  return [...one].filter((secret) => !other.has(secret))
}
