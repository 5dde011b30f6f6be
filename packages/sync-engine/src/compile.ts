import { type BackendConnection, parseDuration, type SecretRef, type SecretSyncError } from '@ack-secret-manager/core'
import type { DataEntry, ExternalSecretSpec, ReplaceRule, StoreRef } from '@ack-secret-manager/resources'
import { compileKeyRules, compilePath, type KeyRules } from '@ack-secret-manager/transform'
import { planTemplates } from './plan-templates.ts'
import { type PlannedRead, type ReadKey, readKeyOf } from './source-types.ts'
import type { PlanEntry, PlannedShape, SyncPlan } from './sync-plan.ts'

/** What a store reference leads to at this moment. */
export type StoreResolution =
  | { readonly kind: 'ready'; readonly connection: BackendConnection }
  | { readonly kind: 'error'; readonly error: SecretSyncError }

/** Looks a store up; pure for the length of one compilation. */
export type ResolveStore = (query: {
  /** Namespace of the resource that asks. */
  readonly namespace: string
  /** Absent: the process's own identity. */
  readonly ref: StoreRef | undefined
  /** Endpoint that the entry asks for instead of the store's. */
  readonly kmsEndpoint: string | undefined
  /** Name of the secret that the entry reads: a store may give away some and not others. */
  readonly secret: string
  /** Kind of manager that the resource asks for. */
  readonly provider: ExternalSecretSpec['provider']
}) => StoreResolution

/** How the process refreshes where a resource does not say. */
export interface PlanDefaults {
  readonly intervalMs: number
  /** Nothing is refreshed by the clock, whatever a resource says. */
  readonly disablePolling: boolean
}

/**
 * Turns a valid spec into what there is to do: which reads, which keys, which templates.
 * @throws SecretSyncError `InvalidSpec` for an expression or rule that does not compile
 */
export function compile(
  spec: ExternalSecretSpec,
  namespace: string,
  resolveStore: ResolveStore,
  defaults: PlanDefaults,
): SyncPlan {
  const reads = new Map<ReadKey, PlannedRead>()
  const plan = (entry: DataEntry, field: string, shape: PlannedShape): PlanEntry => {
    const store = resolveStore(queryOf(entry, spec, namespace))
    const common = { field, secret: entry.key, versionStage: entry.versionStage, optional: entry.optional, shape }
    if (store.kind === 'error') return { ...common, source: { kind: 'error', error: store.error } }
    const ref = refOf(entry)
    const key = readKeyOf(store.connection, ref)
    if (!reads.has(key)) reads.set(key, { key, ref, connection: store.connection })
    return { ...common, source: { kind: 'read', key } }
  }

  const entries = [
    ...spec.data.map((entry, index) => {
      const field = `spec.data[${index}]`
      return plan(entry, field, shapeOfData(entry, field))
    }),
    ...spec.dataProcess.map(({ extract, replaceRule }, index) => {
      const field = `spec.dataProcess[${index}]`
      return plan(extract, `${field}.extract`, shapeOfExtract(extract, replaceRule, field))
    }),
  ]
  const { template } = spec.target
  return {
    reads: [...reads.values()],
    entries,
    templates: template && planTemplates(template, namespace),
    type: template?.type ?? spec.type,
    intervalMs: intervalOf(spec, defaults),
  }
}

/**
 * Whether the entries of a plan lead through the same connections as when it was made. Reads may take long, and what a former
 * identity or store has read must not be written.
 */
export function isConnectedAs(
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
    return source.kind === 'read' && source.key === readKeyOf(store.connection, refOf(entry))
  })
}

/** In the order in which {@link compile} plans them. */
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
    ...(entry.versionStage === undefined ? {} : { versionStage: entry.versionStage }),
    ...(entry.versionId === undefined ? {} : { versionId: entry.versionId }),
  }
}

function shapeOfData(entry: DataEntry, field: string): PlannedShape {
  if (entry.jmesPath.length === 0) return { kind: 'whole', key: entry.name ?? entry.key }
  return { kind: 'picks', picks: picksOf(entry, field), rules: undefined }
}

function shapeOfExtract(entry: DataEntry, replaceRule: readonly ReplaceRule[], field: string): PlannedShape {
  const rules: KeyRules | undefined =
    replaceRule.length === 0 ? undefined : compileKeyRules(replaceRule, `${field}.replaceRule`)
  if (entry.jmesPath.length === 0) return { kind: 'members', rules }
  return { kind: 'picks', picks: picksOf(entry, `${field}.extract`), rules }
}

function picksOf(entry: DataEntry, field: string): Extract<PlannedShape, { kind: 'picks' }>['picks'] {
  return entry.jmesPath.map(({ path, objectAlias }, index) => ({
    path: compilePath(path, `${field}.jmesPath[${index}].path`),
    key: objectAlias ?? path,
  }))
}

function intervalOf(spec: ExternalSecretSpec, defaults: PlanDefaults): number | undefined {
  if (defaults.disablePolling) return undefined
  return (spec.rotationInterval === undefined ? undefined : parseDuration(spec.rotationInterval)) ?? defaults.intervalMs
}
