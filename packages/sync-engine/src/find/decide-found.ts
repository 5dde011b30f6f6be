import { isSecretSyncError, SecretSyncError } from '@ack-secret-manager/core'
import type { FindEntry } from '@ack-secret-manager/resources'
import type { WorkBudget } from '@ack-secret-manager/transform'
import type { Claim, FindProblem, Found, FoundSecret } from '../model/found.ts'
import { PacedWork, type Pause, TurnPacer } from '../queue/turn-pacer.ts'
import type { Listing } from '../sweeps/listing.ts'
import type { FindFilter } from './find-filter.ts'
import { hasSameStore } from '../model/find-id.ts'
import type { HeldNames } from '../model/held-names.ts'
import { ALLOW_EFFORT } from '../plan/compile.ts'
import { matchingNames } from './matching-names.ts'

/** Limit for the secrets of all finds of one resource. */
export const MAX_FOUND = 1_000
/** Limit for found secrets in the record of the target, which has 200 KiB for all its keys. */
const MAX_RECORD_BYTES = 160 * 1024
/** Version, digest and punctuation of one secret in the record. */
const RECORD_OVERHEAD_BYTES = 110

/** One find, and what is known of its list. */
export interface FindInput extends Pick<FindEntry, 'find'> {
  readonly id: string
  readonly field: string
  readonly filter: FindFilter
  readonly keyOf: (name: string, work: WorkBudget) => string | SecretSyncError
  /** Undefined before the first complete sweep of this process. */
  readonly listing: Listing | undefined
  /** Why the list is missing or stale. */
  readonly listProblem: FindProblem | undefined
  /** Whether the store allows this secret for the namespace. */
  readonly isAllowed: (name: string) => boolean
}

export interface DecideFoundInput {
  readonly finds: readonly FindInput[]
  readonly held: HeldNames
  /** Secrets that the spec itself names. */
  readonly named: ReadonlySet<string>
  /** Consecutive lists that must show a secret with other tags before it is removed. */
  readonly sightings: number
  readonly pause: Pause
}

/**
 * Decides which secrets the finds of one resource read. Pure.
 *
 * The record of the target names the secrets that it has. A list only adds to them: a secret that the list lacks is still read, and only
 * NotFound removes it. It is also removed when the spec no longer matches its name, or when lists show it with other tags. Only additions
 * are refused here.
 * @throws SecretSyncError `TooLarge` if conditions of the spec take too much work on the names that the target has
 */
export async function decideFound(input: DecideFoundInput): Promise<readonly Found[]> {
  const { finds, held, pause } = input
  // Shared with admitted additions, so that the target never has more names than the next sync can match.
  const heldWork = new PacedWork(pause)
  const kept: FoundSecret[][] = []
  for (const find of finds) kept.push(await keptBy(find, input, heldWork))
  const size = { secrets: 0, bytes: 0 }
  const count = (secrets: readonly FoundSecret[]): void => {
    size.secrets += secrets.length
    size.bytes += secrets.reduce((sum, secret) => sum + recordBytesOf(secret), 0)
  }
  for (const secrets of kept) count(secrets)
  const listWork = new PacedWork(pause)
  const decided: Found[] = []
  for (const [index, find] of finds.entries()) {
    const mine = kept[index] ?? []
    const { added, problem } = await addedBy(find, mine, { listWork, heldWork, pause })
    const excess = problem ?? excessOf(find, mine, added, size)
    const admitted = excess === undefined ? added : []
    count(admitted)
    const { id, field, listProblem, listing } = find
    decided.push({
      id,
      field,
      find: find.find,
      secrets: [...mine, ...admitted],
      problem: listProblem ?? excess,
      isEstablished: held.found.has(id),
      isComplete: listing !== undefined && excess === undefined,
    })
  }
  return decided
}

/** The names that the target has and that still match the spec. */
async function keptBy(
  { id, filter, keyOf, isAllowed, listing }: FindInput,
  { finds, held, named, sightings, pause }: DecideFoundInput,
  work: PacedWork,
): Promise<FoundSecret[]> {
  const ids = new Set(finds.map((each) => each.id))
  const claims = new Map<string, Claim>()
  for (const name of held.found.get(id) ?? []) claims.set(name, 'held')
  const inAnyFind = new Set<string>()
  for (const [other, names] of held.found) {
    for (const name of names) inAnyFind.add(name)
    if (ids.has(other)) continue
    const claim = hasSameStore(other, id) ? 'former' : 'other-store'
    for (const name of names) {
      const better = claims.get(name)
      if (better === undefined || (better === 'other-store' && claim === 'former')) claims.set(name, claim)
    }
  }
  // An entry of `data` may have been replaced by this find.
  const unnamed = [...held.keys].filter(([, name]) => !named.has(name) && !inAnyFind.has(name))
  for (const [key, name] of unnamed) {
    await work.yieldIfNeeded()
    if (!filter.hasName(name, work.budget)) continue
    // If the find produces the same key, the secret is kept without a list. For another key, a list must have the secret.
    if (keyOf(name, work.budget) === key || isListed(listing, name, filter)) claims.set(name, 'former')
  }
  const kept: FoundSecret[] = []
  const pacer = new TurnPacer(pause)
  for (const [name, claim] of [...claims].toSorted(byName)) {
    await work.yieldIfNeeded()
    await pacer.yieldIfNeeded(ALLOW_EFFORT)
    if (!filter.hasName(name, work.budget)) continue
    // A held secret that the store does not allow fails like an entry of `data`, because a tenant can forge the record.
    const stays = isAllowed(name) ? !hasOtherTags(listing, name, filter, sightings) : claim === 'held'
    if (stays) kept.push({ name, claim, key: keyOf(name, work.budget) })
  }
  return kept
}

/** Whether the list shows the secret as one that matches. */
function isListed(listing: Listing | undefined, name: string, filter: FindFilter): boolean {
  const entry = listing?.entries.get(name)
  return entry !== undefined && entry.isDeleted !== true && (!filter.needsTags || filter.hasTags(entry.tags))
}

/** Whether lists in a row have shown the secret with tags that do not match. */
function hasOtherTags(listing: Listing | undefined, name: string, filter: FindFilter, sightings: number): boolean {
  const entry = filter.needsTags ? listing?.entries.get(name) : undefined
  return entry?.tags !== undefined && !filter.hasTags(entry.tags) && entry.sightings >= sightings
}

/** The listed names that match, without those that the target has. */
async function addedBy(
  { filter, keyOf, isAllowed, listing }: FindInput,
  kept: readonly FoundSecret[],
  { listWork, heldWork, pause }: { readonly listWork: PacedWork; readonly heldWork: PacedWork; readonly pause: Pause },
): Promise<{ readonly added: readonly FoundSecret[]; readonly problem: FindProblem | undefined }> {
  if (listing === undefined) return { added: [], problem: undefined }
  const known = new Set(kept.map(({ name }) => name))
  const added: FoundSecret[] = []
  const pacer = new TurnPacer(pause)
  try {
    for (const name of await matchingNames(listing, filter, listWork)) {
      await heldWork.yieldIfNeeded()
      await pacer.yieldIfNeeded(ALLOW_EFFORT)
      // A secret that its store does not allow must not appear, neither in a count nor in an error.
      if (known.has(name) || !isAllowed(name) || !filter.hasName(name, heldWork.budget)) continue
      added.push({ name, claim: 'added', key: keyOf(name, heldWork.budget) })
    }
  } catch (error) {
    // Another user can create names that are expensive to match. The secrets of the target are still refreshed.
    if (!isSecretSyncError(error) || error.code !== 'TooLarge') throw error
    return { added: [], problem: { error, stale: false } }
  }
  return { added, problem: undefined }
}

/** Why all additions are refused. None is selected, because any choice would be arbitrary. */
function excessOf(
  { field, find: { maxSecrets } }: FindInput,
  kept: readonly FoundSecret[],
  added: readonly FoundSecret[],
  size: { readonly secrets: number; readonly bytes: number },
): FindProblem | undefined {
  const refuse = (why: string): FindProblem => {
    return { error: new SecretSyncError('TooLarge', `${field}: ${why}`, { facts: { field } }), stale: false }
  }
  const matching = kept.length + added.length
  if (matching > maxSecrets)
    return refuse(`${matching} secrets match; the maximum is ${maxSecrets} (maxSecrets); narrow the find`)
  if (added.length === 0) return undefined
  const split = 'divide them among several ExternalSecrets'
  const total = size.secrets + added.length
  if (total > MAX_FOUND)
    return refuse(`${total} secrets match spec.dataFrom; the maximum of all finds is ${MAX_FOUND}; ${split}`)
  const bytes = added.reduce((sum, secret) => sum + recordBytesOf(secret), size.bytes)
  if (bytes > MAX_RECORD_BYTES)
    return refuse(`the names of ${total} secrets are too long for the record on the Secret; ${split}`)
  return undefined
}

function recordBytesOf({ name, key }: FoundSecret): number {
  return name.length * 2 + (typeof key === 'string' ? key.length : 0) + RECORD_OVERHEAD_BYTES
}

function byName([one]: readonly [string, unknown], [other]: readonly [string, unknown]): number {
  return one < other ? -1 : 1
}
