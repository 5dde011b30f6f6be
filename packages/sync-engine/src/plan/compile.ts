import {
  defined,
  parseDuration,
  type ReadDemand,
  type SecretRef,
  type StoreQuery,
  type StoreResolution,
} from '@ack-secret-manager/core'
import type { DataEntry, ExternalSecretSpec, ReplaceRule } from '@ack-secret-manager/resources'
import { ExpressionCompiler } from '@ack-secret-manager/transform'
import { nextTurn, type Pause, TurnPacer } from '../queue/turn-pacer.ts'
import { planTemplates } from './template-plan.ts'
import type { SyncResource } from '../model/resource.ts'
import { type SourceRef, type SourceKey, sourceKeyOf } from '../model/source-reading.ts'
import type { PlanEntry, PlannedPick, PlannedShape, SyncPlan } from './sync-plan.ts'

/** Resolves a store reference. The result must not change during one synchronous compilation. */
export type ResolveStore = (query: StoreQuery & { readonly secret: string }) => StoreResolution

/** The secrets that a resource reads from its stores; none if its spec is invalid. */
export function demandOf({ namespace, name, createdMs = 0, spec }: SyncResource): ReadDemand {
  const reads = spec.ok
    ? entriesOf(spec.value).map(({ secretStoreRef, key }) => ({ ref: secretStoreRef, secret: key }))
    : []
  return { namespace, name, createdMs, reads }
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
): Promise<SyncPlan> {
  const shapes = await shapesOf(spec, pause)
  // Nothing below yields: a plan must not mix two states of its stores.
  const reads = new Map<SourceKey, SourceRef>()
  const entries = shapes.map(({ entry, field, shape }): PlanEntry => {
    const store = resolveStore(queryOf(entry, spec, namespace))
    const common = { field, secret: entry.key, versionStage: entry.versionStage, optional: entry.optional, shape }
    if (store.kind === 'error') return { ...common, source: { kind: 'error', error: store.error } }
    const ref = refOf(entry)
    const key = sourceKeyOf(store.connection, ref)
    if (!reads.has(key)) reads.set(key, { key, ref, ...connectionAndBudget(store) })
    return { ...common, source: { kind: 'read', key } }
  })
  const { template } = spec.target
  return {
    reads: [...reads.values()],
    entries,
    templates: template && planTemplates(template, namespace),
    type: template?.type ?? spec.type,
    intervalMs: intervalOf(spec, defaults),
  }
}

/** The sources of a plan, without compiling expressions: cheap enough to run for every resource at startup. */
export function planReads(
  spec: ExternalSecretSpec,
  namespace: string,
  resolveStore: ResolveStore,
  defaults: PlanDefaults,
): Pick<SyncPlan, 'reads' | 'intervalMs'> {
  const reads = new Map<SourceKey, SourceRef>()
  for (const entry of entriesOf(spec)) {
    const store = resolveStore(queryOf(entry, spec, namespace))
    if (store.kind === 'error') continue
    const ref = refOf(entry)
    const key = sourceKeyOf(store.connection, ref)
    if (!reads.has(key)) reads.set(key, { key, ref, ...connectionAndBudget(store) })
  }
  return { reads: [...reads.values()], intervalMs: intervalOf(spec, defaults) }
}

/**
 * Whether the entries of a plan still resolve to the same connections. Reads may take long, and a value that a previous store
 * or identity has read must not be written.
 */
export function usesSameConnections(
  plan: SyncPlan,
  spec: ExternalSecretSpec,
  namespace: string,
  resolveStore: ResolveStore,
): boolean {
  const wanted = entriesOf(spec)
  return plan.entries.every(({ source }, index) => {
    const entry = wanted[index] as DataEntry
    const store = resolveStore(queryOf(entry, spec, namespace))
    if (store.kind === 'error') return source.kind === 'error' && source.error.code === store.error.code
    return source.kind === 'read' && source.key === sourceKeyOf(store.connection, refOf(entry))
  })
}

function connectionAndBudget({
  connection,
  limit,
}: Extract<StoreResolution, { kind: 'ready' }>): Pick<SourceRef, 'connection' | 'budget'> {
  if (limit === undefined) return { connection }
  return { connection, budget: { store: limit.store, isShared: limit.isShared, maxPerSecond: limit.maxReadsPerSecond } }
}

/** In the order of {@link compile}. */
function entriesOf({ data, dataProcess }: ExternalSecretSpec): readonly DataEntry[] {
  return [...data, ...dataProcess.map(({ extract }) => extract)]
}

function queryOf(
  { secretStoreRef: ref, kmsEndpoint, key: secret }: DataEntry,
  { provider }: ExternalSecretSpec,
  namespace: string,
): Parameters<ResolveStore>[0] {
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

function intervalOf(spec: ExternalSecretSpec, defaults: PlanDefaults): number | undefined {
  if (defaults.disablePolling) return undefined
  return (spec.rotationInterval === undefined ? undefined : parseDuration(spec.rotationInterval)) ?? defaults.intervalMs
}
