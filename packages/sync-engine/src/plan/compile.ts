import {
  defined,
  parseDuration,
  type ReadDemand,
  type SecretRef,
  type StoreQuery,
  type StoreResolution,
} from '@ack-secret-manager/core'
import { type DataEntry, type ExternalSecretSpec, findsOf, type ReplaceRule } from '@ack-secret-manager/resources'
import { ExpressionCompiler } from '@ack-secret-manager/transform'
import { nextTurn, type Pause, TurnPacer } from '../queue/turn-pacer.ts'
import { planTemplates } from './template-plan.ts'
import { findIdOf } from '../model/find-id.ts'
import type { HeldNames } from '../model/held-names.ts'
import type { Found } from '../model/found.ts'
import type { SyncResource } from '../model/resource.ts'
import { type SourceRef, type SourceKey, sourceKeyOf } from '../model/source-reading.ts'
import type { PlanEntry, PlannedPick, PlannedShape, SyncPlan } from './sync-plan.ts'

/** Upper estimate of the effort to match one name with the patterns of a store, in microseconds. */
export const ALLOW_EFFORT = 250

/** Resolves a store reference. The result must not change during one synchronous compilation. */
export type ResolveStore = (query: StoreQuery) => StoreResolution

/** The secrets that a resource reads from its stores, with those that its finds read; none if its spec is invalid. */
export function demandOf(
  { namespace, name, createdMs = 0, spec }: SyncResource,
  found: readonly Pick<Found, 'find' | 'secrets'>[] = [],
): ReadDemand {
  if (!spec.ok) return { namespace, name, createdMs, reads: [] }
  const named = entriesOf(spec.value).map(({ secretStoreRef, key }) => ({ ref: secretStoreRef, secret: key }))
  const ofFinds = found.flatMap(({ find: { secretStoreRef: ref }, secrets }) =>
    secrets.map(({ name: secret, claim }) => ({ ref, secret, isAdded: claim === 'added' })),
  )
  const [added, held] = [ofFinds.filter(({ isAdded }) => isAdded), ofFinds.filter(({ isAdded }) => !isAdded)]
  const finds = findsOf(spec.value).map(({ find }) => find.secretStoreRef)
  return {
    namespace,
    name,
    createdMs,
    reads: [...named, ...held.map(({ ref, secret }) => ({ ref, secret }))],
    ...(added.length > 0 && { additions: added.map(({ ref, secret }) => ({ ref, secret })) }),
    ...(finds.length > 0 && { finds }),
  }
}

/** The secrets that the finds of a spec read because a target has them, without any list. */
export function heldFound(
  spec: ExternalSecretSpec,
  namespace: string,
  { found }: HeldNames,
): readonly Pick<Found, 'find' | 'secrets'>[] {
  return findsOf(spec).map(({ find }) => {
    const names = [...(found.get(findIdOf(find, namespace)) ?? [])]
    return { find, secrets: names.map((name) => ({ name, key: '', claim: 'held' as const })) }
  })
}

/** Names of the secrets that a spec itself names. */
export function secretKeysOf(spec: ExternalSecretSpec): readonly string[] {
  return entriesOf(spec).map(({ key }) => key)
}

/** Refresh settings for resources without their own. */
export interface PlanDefaults {
  readonly intervalMs: number
  /** Disables polling for every resource. */
  readonly disablePolling: boolean
}

/**
 * Turns a valid spec into a plan: its sources, keys and templates.
 * @param pause yields to other work between expressions @default the next turn of the event loop
 * @throws SecretSyncError `InvalidSpec` for expressions or rules that do not compile, or whose total length exceeds the limit
 */
export async function compile(
  spec: ExternalSecretSpec,
  namespace: string,
  resolveStore: ResolveStore,
  defaults: PlanDefaults,
  pause: Pause = nextTurn,
  found: readonly Found[] = [],
): Promise<SyncPlan> {
  const shapes = await shapesOf(spec, pause)
  const reads = new Map<SourceKey, SourceRef>()
  const planned = (
    query: StoreQuery,
    ref: SecretRef,
    rest: Omit<PlanEntry, 'secret' | 'versionStage' | 'source' | 'read'>,
  ): PlanEntry => {
    const { name: secret, versionStage } = ref
    return { ...rest, secret, versionStage, read: { query, ref }, source: addSource(reads, query, ref, resolveStore) }
  }
  // If a store changes meanwhile, the check before the write notices it.
  const pacer = new TurnPacer(pause)
  const ofFinds: PlanEntry[] = []
  for (const { id, field, find, secrets } of found) {
    for (const { name: secret, key, claim } of secrets) {
      await pacer.yieldIfNeeded(ALLOW_EFFORT)
      const query = { namespace, ref: find.secretStoreRef, provider: spec.provider, secret }
      const shape: PlannedShape = typeof key === 'string' ? { kind: 'whole', key } : { kind: 'none', error: key }
      ofFinds.push(planned(query, { name: secret }, { field, optional: true, shape, found: { id, claim } }))
    }
  }
  // Nothing below yields, because the entries of the spec must not mix two states of a store.
  const named = shapes.map(({ entry, field, shape }) =>
    planned(queryOf(entry, spec, namespace), refOf(entry), { field, optional: entry.optional, shape }),
  )
  const { template } = spec.target
  return {
    reads: [...reads.values()],
    entries: [...named, ...ofFinds],
    templates: template && planTemplates(template, namespace),
    type: template?.type ?? spec.type,
    intervalMs: intervalOf(spec, defaults),
    finds: found.map(({ id, field, problem, isEstablished, isComplete }) => {
      return { id, field, problem, isEstablished, isComplete }
    }),
  }
}

/**
 * The sources of a plan, without compiling expressions: cheap enough to run for every resource at startup. Includes only those found secrets
 * that the record of the target names.
 */
export function planReads(
  { namespace }: Pick<SyncResource, 'namespace'>,
  spec: ExternalSecretSpec,
  resolveStore: ResolveStore,
  defaults: PlanDefaults,
  held: HeldNames,
): Pick<SyncPlan, 'reads' | 'intervalMs'> {
  const reads = new Map<SourceKey, SourceRef>()
  for (const entry of entriesOf(spec)) addSource(reads, queryOf(entry, spec, namespace), refOf(entry), resolveStore)
  for (const { find, secrets } of heldFound(spec, namespace, held)) {
    const query = { namespace, ref: find.secretStoreRef, provider: spec.provider }
    for (const { name } of secrets) addSource(reads, { ...query, secret: name }, { name }, resolveStore)
  }
  return { reads: [...reads.values()], intervalMs: intervalOf(spec, defaults) }
}

/** Adds the source of a secret to `reads`, unless its store cannot be used. */
function addSource(
  reads: Map<SourceKey, SourceRef>,
  query: StoreQuery,
  ref: SecretRef,
  resolveStore: ResolveStore,
): PlanEntry['source'] {
  const store = resolveStore(query)
  if (store.kind === 'error') return { kind: 'error', error: store.error }
  const { connection, limit } = store
  const key = sourceKeyOf(connection, ref)
  const budget = limit && { store: limit.store, isShared: limit.isShared, maxPerSecond: limit.maxReadsPerSecond }
  if (!reads.has(key)) reads.set(key, { key, ref, connection, ...(budget && { budget }) })
  return { kind: 'read', key }
}

/** In the order of {@link compile}. */
function entriesOf({ data, dataProcess }: ExternalSecretSpec): readonly DataEntry[] {
  return [...data, ...dataProcess.map(({ extract }) => extract)]
}

function queryOf(
  { secretStoreRef: ref, kmsEndpoint, key: secret }: DataEntry,
  { provider }: ExternalSecretSpec,
  namespace: string,
): StoreQuery {
  return { namespace, ref, kmsEndpoint, secret, provider }
}

function refOf(entry: DataEntry): SecretRef {
  return {
    name: entry.key,
    ...defined({ versionStage: entry.versionStage, versionId: entry.versionId }),
  }
}

interface ShapedEntry {
  readonly entry: DataEntry
  readonly field: string
  readonly shape: PlannedShape
}

/** Compiles the expressions of all entries, a bounded number per event loop turn. */
async function shapesOf({ data, dataProcess }: ExternalSecretSpec, pause: Pause): Promise<readonly ShapedEntry[]> {
  const compiler = new ExpressionCompiler(new TurnPacer(pause).yieldIfNeeded)
  const shaped: ShapedEntry[] = []
  for (const [index, entry] of data.entries()) {
    const field = `spec.data[${index}]`
    shaped.push({ entry, field, shape: await shapeOfData(entry, field, compiler) })
  }
  for (const [index, { extract, replaceRule }] of dataProcess.entries()) {
    const field = `spec.dataProcess[${index}]`
    const shape = await shapeOfExtract(extract, replaceRule, field, compiler)
    shaped.push({ entry: extract, field: `${field}.extract`, shape })
  }
  return shaped
}

async function shapeOfData(entry: DataEntry, field: string, compiler: ExpressionCompiler): Promise<PlannedShape> {
  if (entry.jmesPath.length === 0) return { kind: 'whole', key: entry.name ?? entry.key }
  return { kind: 'picks', picks: await picksOf(entry, field, compiler), rules: undefined }
}

async function shapeOfExtract(
  entry: DataEntry,
  replaceRule: readonly ReplaceRule[],
  field: string,
  compiler: ExpressionCompiler,
): Promise<PlannedShape> {
  const rules = replaceRule.length === 0 ? undefined : await compiler.rules(replaceRule, `${field}.replaceRule`)
  if (entry.jmesPath.length === 0) return { kind: 'members', rules }
  return { kind: 'picks', picks: await picksOf(entry, `${field}.extract`, compiler), rules }
}

async function picksOf(entry: DataEntry, field: string, compiler: ExpressionCompiler): Promise<readonly PlannedPick[]> {
  const picks: PlannedPick[] = []
  for (const [index, { path, objectAlias }] of entry.jmesPath.entries()) {
    picks.push({ path: await compiler.path(path, `${field}.jmesPath[${index}].path`), key: objectAlias ?? path })
  }
  return picks
}

/** Whether the refresh interval is the default one. */
export function usesDefaultInterval({ spec }: SyncResource): boolean {
  return (
    spec.ok && (spec.value.rotationInterval === undefined || parseDuration(spec.value.rotationInterval) === undefined)
  )
}

/** The refresh interval of a resource; undefined if polling is disabled. */
export function intervalOf(spec: ExternalSecretSpec, defaults: PlanDefaults): number | undefined {
  if (defaults.disablePolling) return undefined
  return (spec.rotationInterval === undefined ? undefined : parseDuration(spec.rotationInterval)) ?? defaults.intervalMs
}
