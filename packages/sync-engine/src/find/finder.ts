import { SecretSyncError, type StoreQuery } from '@ack-secret-manager/core'
import { type ExternalSecretSpec, type FindEntry, findsOf } from '@ack-secret-manager/resources'
import { ExpressionCompiler, WorkBudget } from '@ack-secret-manager/transform'
import type { Found } from '../model/found.ts'
import type { ResourceKey } from '../model/resource.ts'
import { intervalOf, type PlanDefaults, type ResolveStore, secretKeysOf } from '../plan/compile.ts'
import { type Pause, TurnPacer } from '../queue/turn-pacer.ts'
import { MAX_SIGHTINGS } from '../sweeps/listing.ts'
import type { ListRef, SweepPool } from '../sweeps/sweep-pool.ts'
import type { ListingReading } from '../sweeps/swept-connection.ts'
import { decideFound, type FindInput } from './decide-found.ts'
import { findFilter } from './find-filter.ts'
import { findIdOf } from '../model/find-id.ts'
import { foundKey } from './found-keys.ts'
import type { HeldNames } from '../model/held-names.ts'

export interface FinderOptions {
  readonly sweeps: SweepPool
  readonly resolveStore: ResolveStore
  readonly defaults: PlanDefaults
  /** False for a run that ends before a second list. @default true */
  readonly confirmAbsence?: boolean
}

export interface FindRequest {
  readonly key: ResourceKey
  readonly namespace: string
  readonly spec: ExternalSecretSpec
  readonly held: HeldNames
  /** The held names at the time of the call. */
  readonly heldLater: () => HeldNames
  /** Only a sweep that begins now or later counts. */
  readonly sinceMs: number | undefined
  readonly pause: Pause
  readonly signal: AbortSignal
}

/** How long a sync waits for a list. If the list completes later, the sync runs again. */
const LIST_WAIT_MS = 5_000

type Prepared = Omit<FindInput, 'listing' | 'listProblem'> & {
  /** The list, or why there is none. */
  readonly list: ListRef | SecretSyncError
}

/** Finds the secrets of `spec.dataFrom` in the lists of their stores. */
export class Finder {
  readonly #options: FinderOptions

  constructor(options: FinderOptions) {
    this.#options = options
  }

  /**
   * Returns the secrets that each find reads.
   * @throws SecretSyncError `InvalidSpec` | `TooLarge` for conditions that do not compile, or take too much work; the reason of the signal
   */
  async find(request: FindRequest): Promise<readonly Found[]> {
    const { sweeps, defaults, confirmAbsence = true } = this.#options
    const { key, spec, held, pause } = request
    const finds = findsOf(spec)
    if (finds.length === 0) {
      sweeps.unsubscribe(key)
      return []
    }
    const compiler = new ExpressionCompiler(new TurnPacer(pause).yieldIfNeeded)
    const prepared: Prepared[] = []
    for (const entry of finds) prepared.push(await this.#prepare(entry, request, compiler))
    const lists = prepared.flatMap(({ list }) => (list instanceof SecretSyncError ? [] : list))
    sweeps.subscribe(key, lists, intervalOf(spec, defaults))
    const inputs = await Promise.all(
      prepared.map(async (one): Promise<FindInput> => {
        const { listing, error, stale } = await this.#reading(one, request)
        return { ...one, listing, listProblem: error && { error, stale } }
      }),
    )
    const named = new Set(secretKeysOf(spec))
    return decideFound({ finds: inputs, held, named, sightings: confirmAbsence ? MAX_SIGHTINGS : 1, pause })
  }

  async #prepare(
    entry: FindEntry,
    { spec, namespace, heldLater }: FindRequest,
    compiler: ExpressionCompiler,
  ): Promise<Prepared> {
    const { resolveStore } = this.#options
    const { find, rewrite } = entry
    const field = `${entry.field}.find`
    const filter = await findFilter(find, field, compiler)
    const rules = rewrite.length === 0 ? undefined : await compiler.rules(rewrite, `${entry.field}.rewrite`)
    const query: StoreQuery = { namespace, ref: find.secretStoreRef, provider: spec.provider, isForList: true }
    const isAllowed = (secret: string): boolean => resolveStore({ ...query, secret }).kind === 'ready'
    const keyOf: Prepared['keyOf'] = (name, work) => foundKey(name, { rules, field }, work)
    const common = { id: findIdOf(find, namespace), field, find, filter, keyOf, isAllowed }
    const store = resolveStore(query)
    if (store.kind === 'error') return { ...common, list: store.error }
    const { connection } = store
    if (connection.backend.list === undefined) {
      const what =
        connection.kind === 'kms-instance' ? 'the endpoint of a KMS instance' : `the backend ${connection.kind}`
      const how = 'name each secret in spec.data, or use a store with another endpoint'
      return { ...common, list: new SecretSyncError('InvalidSpec', `${field}: ${what} cannot list secrets; ${how}`) }
    }
    const mayFind = (name: string): boolean => filter.hasName(name, new WorkBudget()) && isAllowed(name)
    const filterId = JSON.stringify([namespace, common.id])
    const withTags = filter.needsTags
    const hasTags: ListRef['hasTags'] = (tags) => filter.hasTags(tags)
    const heldNames = withTags ? { heldNames: () => heldLater().found.values() } : {}
    return { ...common, list: { connection, withTags, filterId, mayFind, hasTags, ...heldNames } }
  }

  async #reading({ list, filter, field }: Prepared, { key, sinceMs, signal }: FindRequest): Promise<ListingReading> {
    if (list instanceof SecretSyncError) return { listing: undefined, error: list, stale: false }
    const { sweeps, confirmAbsence = true } = this.#options
    const waitMs = confirmAbsence ? LIST_WAIT_MS : undefined
    const options = { withTags: filter.needsTags, sinceMs, waitMs, signal }
    const reading = await sweeps.listing(key, list.connection.key, options)
    if (reading) return reading
    const error = new SecretSyncError('Unavailable', `${field}: the list of secrets is still being read`)
    return { listing: undefined, error, stale: false }
  }
}
