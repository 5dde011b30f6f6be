import {
  isRendered,
  isSecretSyncError,
  nameText,
  type OwnerRecord,
  SecretSyncError,
  type SecretValue,
  Sensitive,
} from '@ack-secret-manager/core'
import { isSecretKey } from '@ack-secret-manager/resources'
import {
  type Document,
  extractMembers,
  type KeyRules,
  parseDocument,
  rewriteKeys,
  selectPath,
} from '@ack-secret-manager/transform'
import { CONFIRMED_AFTER_MS } from '../decide/cleanup.ts'
import type { EntryFailure, UsedSource } from '../model/desired-secret.ts'
import type { GeneratedKeys } from '../model/generated-key.ts'
import { isFrom } from '../model/template-provenance.ts'
import { nextTurn, PacedWork, type Pause } from '../queue/turn-pacer.ts'
import type { ConfirmedValue } from '../model/confirmed-value.ts'
import type { SourceKey, SourceReading } from '../model/source-reading.ts'
import type { PlanEntry, SyncPlan } from '../plan/sync-plan.ts'
import { extractFound, isFound } from './extract-found.ts'
import { type ExtractedKey, type KeyContent, wholeContent } from './extracted-key.ts'

const NO_KEYS: OwnerRecord['keys'] = new Map()

/** The keys, failures and sources of all entries. */
export interface ExtractedKeys {
  readonly keys: ReadonlyMap<string, ExtractedKey>
  readonly failures: readonly EntryFailure[]
  readonly sources: readonly UsedSource[]
  /** Found secrets that are not added, and generated keys that get no value. */
  readonly refused: readonly EntryFailure[]
  /** Found secrets for the record; undefined without finds. */
  readonly found: OwnerRecord['found'] | undefined
}

/** The state of the target, and how to pace the work. */
export interface ExtractOptions {
  /** @default the next event loop turn */
  readonly pause?: Pause | undefined
  /** The record of the target; undefined if it has none. */
  readonly record?: OwnerRecord | undefined
  /** A key that the target has is removed only after two NotFound responses. @default false */
  readonly confirmAbsence?: boolean | undefined
  /** Set if finds must not add anything: the reason. */
  readonly refuseAdditions?: SecretSyncError | undefined
  /** Keys of `spec.generate`. @default none */
  readonly generated?: GeneratedKeys | undefined
}

/**
 * Extracts the keys of all entries. Entries of one source succeed or fail together, so that a target never mixes two versions
 * of one secret. Found secrets come last, because what the spec names does not depend on them.
 * @throws SecretSyncError `DuplicateKey`
 */
export async function extractKeys(
  { entries, finds }: Pick<SyncPlan, 'entries' | 'finds'>,
  readings: ReadonlyMap<SourceKey, SourceReading>,
  { pause = nextTurn, record, confirmAbsence = false, refuseAdditions, generated }: ExtractOptions = {},
): Promise<ExtractedKeys> {
  const keys = new Map<string, ExtractedKey>()
  const failures: EntryFailure[] = []
  const sources: UsedSource[] = []
  const work = new PacedWork(pause)
  const held = confirmAbsence ? (record?.keys ?? NO_KEYS) : NO_KEYS
  for (const group of bySource(entries.filter((entry) => !isFound(entry)))) {
    const produced = await produce(group, readings, work, { held, written: record?.keys ?? NO_KEYS })
    failures.push(...produced.failures)
    const { value } = produced
    if (value === undefined || produced.failures.length > 0) continue
    for (const { entry, key, content } of produced.keys) {
      refuseDuplicate(key, entry, keys.get(key))
      keys.set(key, { content, entry, versionId: value.versionId })
    }
    sources.push(usedSource(group[0] as PlanEntry, value))
  }
  for (const [key, { field, secret, bytes, versionId }] of generated?.values ?? []) {
    const entry = { field, secret, shape: { kind: 'whole', key } } as const
    refuseDuplicate(key, entry, keys.get(key))
    keys.set(key, { content: { bytes }, entry, versionId })
  }
  const refused = generated?.refused ?? []
  failures.push(...(generated?.failures ?? []))
  for (const { field, secret, keys: named = [] } of [...failures, ...refused]) {
    for (const key of named) refuseDuplicate(key, { field, secret }, keys.get(key))
  }
  if (finds.length === 0) return { keys, failures, sources, refused, found: undefined }
  const ofFinds = entries.filter(isFound).map((entry) => ({ entry, reading: readingOf(entry, readings) }))
  const input = { finds, readings: ofFinds, named: keys, failures, record, confirmAbsence, refuseAll: refuseAdditions }
  const more = extractFound(input)
  const used = new Set(sources.map(({ secret, versionId }) => `${versionId} ${secret}`))
  const moreSources = more.values
    .map(({ entry, value }) => usedSource(entry, value))
    .filter(({ secret, versionId }) => !used.has(`${versionId} ${secret}`))
  return {
    keys: new Map([...keys, ...more.keys]),
    failures: [...failures, ...more.failures],
    sources: [...sources, ...moreSources],
    refused: [...refused, ...more.refused],
    found: more.found,
  }
}

function refuseDuplicate(
  key: string,
  { field, secret }: Pick<PlanEntry, 'field' | 'secret'>,
  other: ExtractedKey | undefined,
): void {
  if (!other) return
  const label = isSecretKey(key) ? `key ${key}` : 'a key'
  throw new SecretSyncError(
    'DuplicateKey',
    `${field}: ${label} of ${nameText(secret)} is also produced by ${nameText(other.entry.secret)}; rename one of them`,
    { facts: { field } },
  )
}

/** Groups entries by source, in order of the plan. An entry without a source forms its own group. */
function bySource(entries: readonly PlanEntry[]): Iterable<PlanEntry[]> {
  return Map.groupBy(entries, (entry) => (entry.source.kind === 'read' ? entry.source.key : entry)).values()
}

interface Produced {
  readonly keys: readonly { readonly entry: PlanEntry; readonly key: string; readonly content: KeyContent }[]
  readonly failures: readonly EntryFailure[]
  readonly value: SecretValue | ConfirmedValue | undefined
}

async function produce(
  entries: readonly PlanEntry[],
  readings: ReadonlyMap<SourceKey, SourceReading>,
  work: PacedWork,
  { held, written }: { readonly held: OwnerRecord['keys']; readonly written: OwnerRecord['keys'] },
): Promise<Produced> {
  const first = entries[0] as PlanEntry
  const reading = readingOf(first, readings)
  if (reading.kind === 'error') {
    // All keys of one secret change together: one required entry also keeps the optional ones.
    const isAbsent = reading.error.code === 'NotFound' && entries.every(({ optional }) => optional)
    const isUnconfirmed = isAbsent && (reading.notFoundMs ?? 0) < CONFIRMED_AFTER_MS
    const failing = isAbsent ? entries.filter((entry) => isUnconfirmed && isHeld(entry, held)) : entries
    const failures = failing.map((entry) => ({ ...entryFailureOf(entry, reading.error, reading.stale), isUnconfirmed }))
    return { keys: [], failures, value: undefined }
  }
  if (reading.kind === 'confirmed') {
    const { value } = reading
    const keys = entries.flatMap((entry) =>
      (keysOf(entry) ?? []).map((key) => ({ entry, key, content: wholeContent(value, written.get(key)) })),
    )
    return { keys, failures: [], value }
  }
  const documentOf = lazyDocument(reading.value, work)
  const keys: Produced['keys'][number][] = []
  const errors = new Map<PlanEntry, SecretSyncError>()
  for (const entry of entries) {
    try {
      const shaped = await shape(entry, reading.value, documentOf, work)
      for (const [key, bytes] of shaped) keys.push({ entry, key, content: { bytes: new Sensitive(bytes) } })
    } catch (error) {
      if (!isSecretSyncError(error)) throw error
      if (error.code === 'DuplicateKey') throw inField(entry.field, error)
      if (!(entry.optional && error.code === 'PathNotFound')) errors.set(entry, error)
    }
  }
  // All keys of one secret change together: one failed entry fails the others.
  const [reason] = errors.values()
  const failures = reason ? entries.map((entry) => entryFailureOf(entry, errors.get(entry) ?? reason, false)) : []
  return { keys, failures, value: reading.value }
}

function readingOf(entry: PlanEntry, readings: ReadonlyMap<SourceKey, SourceReading>): SourceReading {
  if (entry.source.kind === 'error') return { kind: 'error', error: entry.source.error, ageMs: undefined, stale: false }
  const reading = readings.get(entry.source.key)
  if (!reading) throw new SecretSyncError('Internal', `${entry.field}: no reading for its source`)
  return reading
}

function lazyDocument(value: SecretValue, work: PacedWork): () => Promise<Document> {
  let document: Promise<Document> | undefined
  const parse = async (): Promise<Document> => {
    await work.yieldIfNeeded(value.bytes.expose().length)
    return parseDocument(value.bytes.expose(), work.budget)
  }
  return () => (document ??= parse())
}

async function shape(
  { shape: wanted, optional }: PlanEntry,
  value: SecretValue,
  documentOf: () => Promise<Document>,
  work: PacedWork,
): Promise<Iterable<readonly [string, Uint8Array]>> {
  switch (wanted.kind) {
    case 'none':
      throw wanted.error
    case 'whole':
      return [[wanted.key, value.bytes.expose()]]
    case 'members': {
      const document = await documentOf()
      await work.yieldIfNeeded()
      return rewritten(extractMembers(document, work.budget), wanted.rules, work)
    }
    case 'picks': {
      const document = await documentOf()
      const picked = new Map<string, Uint8Array>()
      for (const { path, key } of wanted.picks) {
        await work.yieldIfNeeded()
        try {
          picked.set(key, selectPath(document, path, work.budget))
        } catch (error) {
          // An optional entry produces only the paths that exist.
          if (!(optional && isSecretSyncError(error) && error.code === 'PathNotFound')) throw error
        }
      }
      return rewritten(picked, wanted.rules, work)
    }
  }
}

async function rewritten(
  keys: ReadonlyMap<string, Uint8Array>,
  rules: KeyRules | undefined,
  work: PacedWork,
): Promise<ReadonlyMap<string, Uint8Array>> {
  if (!rules) return keys
  await work.yieldIfNeeded()
  return rewriteKeys(keys, rules, work.budget)
}

function inField(field: string, { code, message }: SecretSyncError): SecretSyncError {
  return new SecretSyncError(code, `${field}: ${message}`, { facts: { field } })
}

function entryFailureOf(entry: PlanEntry, error: SecretSyncError, stale: boolean): EntryFailure {
  return { field: entry.field, secret: entry.secret, error, keys: keysOf(entry), stale }
}

/** Whether the target has a key of the entry. */
function isHeld(entry: PlanEntry, held: OwnerRecord['keys']): boolean {
  const keys = keysOf(entry)
  return [...held].some(
    ([key, { secret }]) => isFrom(secret, entry.secret) && (isRendered(secret) || keys?.includes(key) !== false),
  )
}

/** Keys of an entry; undefined if they depend on the document. */
function keysOf({ shape: wanted }: PlanEntry): readonly string[] | undefined {
  if (wanted.kind === 'whole') return [wanted.key]
  if (wanted.kind === 'picks' && !wanted.rules) return wanted.picks.map(({ key }) => key)
  return undefined
}

function usedSource(entry: PlanEntry, value: SecretValue | ConfirmedValue): UsedSource {
  return {
    secret: entry.secret,
    versionStage: entry.versionStage ?? 'ACSCurrent',
    versionId: value.versionId,
    type: value.type,
    rotation: value.rotation && { automatic: value.rotation.automatic, nextMs: value.rotation.nextMs },
    ...(entry.source.kind === 'read' && { source: entry.source.key }),
  }
}
