import { isOutage, nameText, type OwnerRecord, SecretSyncError, type SecretValue } from '@ack-secret-manager/core'
import { CONFIRMED_AFTER_MS } from '../decide/cleanup.ts'
import type { EntryFailure } from '../model/desired-secret.ts'
import type { PlannedFind } from '../model/found.ts'
import type { ConfirmedValue } from '../model/confirmed-value.ts'
import { isSameSecret, type SourceReading } from '../model/source-reading.ts'
import { isFrom } from '../model/template-provenance.ts'
import type { PlanEntry } from '../plan/sync-plan.ts'
import { type ExtractedKey, wholeContent } from './extracted-key.ts'
import { type KeyClaim, resolveClaims } from './found-claims.ts'

/** An entry that a find has planned, with its reading. */
export interface FoundReading {
  readonly entry: FoundEntry
  readonly reading: SourceReading
}

type FoundEntry = PlanEntry & { readonly found: NonNullable<PlanEntry['found']> }

export function isFound(entry: PlanEntry): entry is FoundEntry {
  return entry.found !== undefined
}

export interface ExtractFoundInput {
  readonly finds: readonly PlannedFind[]
  /** In the order of the plan. */
  readonly readings: readonly FoundReading[]
  /** Keys of entries of the spec. */
  readonly named: ReadonlyMap<string, ExtractedKey>
  /** Entries of the spec that failed. */
  readonly failures: readonly EntryFailure[]
  /** The record of the target; undefined if it has none. */
  readonly record: OwnerRecord | undefined
  /** A first NotFound removes no key. */
  readonly confirmAbsence: boolean
  /** Set if nothing may be added: the reason. */
  readonly refuseAll: SecretSyncError | undefined
}

export interface ExtractedFound {
  readonly keys: ReadonlyMap<string, ExtractedKey>
  readonly values: ReadonlyArray<{ readonly entry: PlanEntry; readonly value: SecretValue | ConfirmedValue }>
  readonly failures: readonly EntryFailure[]
  readonly refused: readonly EntryFailure[]
  /** For the record of the target. */
  readonly found: NonNullable<OwnerRecord['found']>
}

interface Wish extends KeyClaim {
  readonly entry: FoundEntry
  /** Undefined if it cannot be read now. */
  readonly value: SecretValue | ConfirmedValue | undefined
}

const NO_FOUND: NonNullable<OwnerRecord['found']> = new Map()

/**
 * Extracts the keys of found secrets. Pure. A secret that the target has fails like an entry of the spec, and only NotFound removes it. A new
 * secret that fails is only left out.
 * @throws SecretSyncError `DuplicateKey` if an entry of the spec produces the key of a found secret that the target has
 */
export function extractFound(input: ExtractFoundInput): ExtractedFound {
  const { finds, readings, record } = input
  const failures: EntryFailure[] = []
  const refused: EntryFailure[] = []
  const recorded = new Map(
    finds.flatMap(({ id, isEstablished, isComplete }) =>
      isEstablished || isComplete ? [[id, new Set<string>()] as const] : [],
    ),
  )
  for (const { field, problem, isEstablished } of finds) {
    if (problem === undefined) continue
    const failure = { field, secret: field, error: problem.error, keys: undefined, stale: problem.stale }
    // Without its list, an established find only lacks additions. A new find may lack secrets that the target needs.
    ;(isEstablished ? refused : failures).push(failure)
  }
  let isUndecided = finds.some(({ id }) => !recorded.has(id))
  const keep = ({ found, secret }: FoundEntry): void => void recorded.get(found.id)?.add(secret)
  const fail = (entry: FoundEntry, failure: EntryFailure): void => {
    failures.push(failure)
    if (entry.found.claim === 'held') keep(entry)
    else isUndecided = true
  }
  const wishes: Wish[] = []
  for (const { entry, reading } of readings) {
    const outcome = outcomeOf(entry, reading, input)
    if (outcome.kind === 'failed') fail(entry, outcome.failure)
    if (outcome.kind === 'refused') refused.push(outcome.failure)
    if (outcome.wish) wishes.push(outcome.wish)
  }
  const free = withoutTaken(wishes, input, { failing: [...failures], refused })
  const keys = new Map<string, ExtractedKey>()
  const values: { entry: PlanEntry; value: SecretValue | ConfirmedValue }[] = []
  for (const [key, wanting] of Map.groupBy(free, (wish) => wish.key)) {
    const { winners, failed, refused: lost, error } = resolveClaims(wanting, record?.keys.get(key)?.secret)
    for (const { entry } of failed) if (error) fail(entry, failureOf(entry, error))
    for (const { entry } of lost) if (error) refused.push(failureOf(entry, error))
    for (const { entry, value } of winners) {
      if (value === undefined) continue
      keep(entry)
      if (keys.has(key)) continue
      keys.set(key, { content: wholeContent(value, record?.keys.get(key)), entry, versionId: value.versionId })
      values.push({ entry, value })
    }
  }
  const former = isUndecided ? [...(record?.found ?? NO_FOUND)].filter(([id]) => !recorded.has(id)) : []
  const found = new Map([...former, ...[...recorded].map(([id, names]) => [id, [...names].toSorted()] as const)])
  return { keys: additionsLast(keys), values, failures, refused, found }
}

type Outcome =
  | { readonly kind: 'ok' | 'gone'; readonly wish?: Wish }
  | { readonly kind: 'failed' | 'refused'; readonly failure: EntryFailure; readonly wish?: Wish }

function outcomeOf(
  entry: FoundEntry,
  reading: SourceReading,
  { record, confirmAbsence, refuseAll }: ExtractFoundInput,
): Outcome {
  const isAddition = entry.found.claim === 'added'
  const { shape } = entry
  const key = shape.kind === 'whole' ? shape.key : undefined
  const wish = (value: SecretValue | ConfirmedValue | undefined): Pick<Outcome, 'wish'> => {
    if (key === undefined) return {}
    const source = entry.source.kind === 'read' ? entry.source.key : entry
    return { wish: { entry, key, claim: entry.found.claim, secret: entry.secret, source, value } }
  }
  if (reading.kind !== 'error') {
    const error = shape.kind === 'none' ? shape.error : isAddition ? refuseAll : undefined
    if (error === undefined) return { kind: 'ok', ...wish(reading.value) }
    return { kind: isAddition ? 'refused' : 'failed', failure: failureOf(entry, error) }
  }
  const { error, stale, notFoundMs = 0 } = reading
  if (error.code === 'NotFound') {
    const isUnconfirmed = confirmAbsence && !isAddition && notFoundMs < CONFIRMED_AFTER_MS
    if (!isUnconfirmed) return { kind: 'gone' }
    return { kind: 'failed', failure: { ...failureOf(entry, error, stale), isUnconfirmed }, ...wish(undefined) }
  }
  // A new target waits for secrets that may be readable soon.
  const isAwaited = record === undefined && isOutage(error.code)
  if (isAddition && !isAwaited) return { kind: 'refused', failure: failureOf(entry, error, stale) }
  return { kind: 'failed', failure: failureOf(entry, error, stale), ...wish(undefined) }
}

/** Drops wishes for keys that an entry of the spec produces, or that are kept for a secret that cannot be read now. */
function withoutTaken(
  wishes: readonly Wish[],
  { named, failures, record }: ExtractFoundInput,
  { failing, refused }: { readonly failing: readonly EntryFailure[]; readonly refused: EntryFailure[] },
): readonly Wish[] {
  const takenBy = ({
    entry: { source },
    key,
    claim,
    secret,
  }: Wish): { readonly by: string | undefined } | undefined => {
    const entry = named.get(key)?.entry
    // The spec names the same secret, for example to choose its version.
    if (entry?.shape.kind === 'whole' && isOfSource(entry, source)) return { by: undefined }
    if (entry !== undefined) return { by: entry.secret }
    const failed = failures.find(({ keys }) => keys?.includes(key))
    if (failed !== undefined) return { by: failed.secret === secret ? undefined : failed.secret }
    const origin = record?.keys.get(key)?.secret
    if (origin === undefined || origin === secret) return undefined
    // A rewrite may move a key from one secret to another, but not while the first one cannot be read.
    const carrying = claim === 'held' ? failures : [...failures, ...failing]
    const carried = carrying.find(({ keys, secret: other }) => keys === undefined && isFrom(origin, other))
    return carried && { by: carried.secret }
  }
  return wishes.filter((wish) => {
    const taken = takenBy(wish)
    if (taken?.by === undefined) return taken === undefined
    const { by: other } = taken
    const { entry, key, claim, secret } = wish
    const what = `key ${key} of ${nameText(secret)} is also produced by ${nameText(other)}; rename one of them`
    const error = new SecretSyncError('DuplicateKey', `${entry.field}: ${what}`, { facts: { field: entry.field } })
    if (claim === 'held') throw error
    refused.push(failureOf(entry, error))
    return false
  })
}

function isOfSource({ source }: Partial<Pick<PlanEntry, 'source'>>, other: PlanEntry['source']): boolean {
  return source?.kind === 'read' && other.kind === 'read' && isSameSecret(source.key, other.key)
}

/** Names no keys, so that all keys of the secret are kept. */
function failureOf(entry: PlanEntry, error: SecretSyncError, stale: boolean = false): EntryFailure {
  return { field: entry.field, secret: entry.secret, error, keys: undefined, stale }
}

function additionsLast(keys: ReadonlyMap<string, ExtractedKey>): ReadonlyMap<string, ExtractedKey> {
  const isAdded = ([, { entry }]: readonly [string, ExtractedKey]): boolean => entry.found?.claim === 'added'
  return new Map([...[...keys].filter((one) => !isAdded(one)), ...[...keys].filter(isAdded)])
}
