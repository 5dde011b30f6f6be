import { isSecretSyncError, type ObservedSecret, SecretSyncError, type StoreQuery } from '@ack-secret-manager/core'
import type { DataFromEntry, ExternalSecretSpec } from '@ack-secret-manager/resources'
import { ExpressionCompiler, type KeyRules } from '@ack-secret-manager/transform'
import type { Found } from '../model/found.ts'
import type { ResourceKey, SyncResource } from '../model/resource.ts'
import { intervalOf, type PlanDefaults, type ResolveStore, secretKeysOf } from '../plan/compile.ts'
import { type Pause, PacedWork, TurnPacer } from '../queue/turn-pacer.ts'
import type { ListRef, SweepPool } from '../sweeps/sweep-pool.ts'
import type { ListingReading } from '../sweeps/swept-connection.ts'
import { type FindFilter, findFilter } from './find-filter.ts'
import { addFoundKey, foundKey } from './found-keys.ts'
import { foundNames } from './found-names.ts'

export interface FinderOptions {
  readonly sweeps: SweepPool
  readonly resolveStore: ResolveStore
  readonly defaults: PlanDefaults
}

export interface FindRequest {
  readonly key: ResourceKey
  readonly resource: SyncResource
  readonly spec: ExternalSecretSpec
  /** The target before the reads. */
  readonly before: ObservedSecret | undefined
  /** Only a sweep that begins now or later counts. */
  readonly sinceMs: number | undefined
  readonly pause: Pause
  readonly signal: AbortSignal
}

/** Secrets of all finds of one resource. */
const MAX_FOUND = 1_000

interface Prepared {
  readonly entry: DataFromEntry
  readonly field: string
  readonly filter: FindFilter
  readonly rules: KeyRules | undefined
  readonly query: StoreQuery
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
   * What each find has found; waits for the first sweep of a list.
   * @throws SecretSyncError `InvalidSpec` | `TooLarge` | `InvalidKey` | `DuplicateKey` if nothing may be written; the reason of the signal
   */
  async find(request: FindRequest): Promise<readonly Found[]> {
    const { sweeps, defaults } = this.#options
    const { key, spec, pause } = request
    if (spec.dataFrom.length === 0) {
      sweeps.unsubscribe(key)
      return []
    }
    const compiler = new ExpressionCompiler(new TurnPacer(pause).yieldIfNeeded)
    const prepared: Prepared[] = []
    for (const [index, entry] of spec.dataFrom.entries()) {
      prepared.push(await this.#prepare(entry, `spec.dataFrom[${index}]`, request, compiler))
    }
    const lists = prepared.flatMap(({ list }) => (list instanceof SecretSyncError ? [] : list))
    sweeps.subscribe(key, lists, intervalOf(spec, defaults))
    const work = new PacedWork(pause)
    const found: Found[] = []
    for (const one of prepared) found.push(await this.#find(one, request, work))
    const total = found.reduce((sum, { keys }) => sum + keys.size, 0)
    if (total > MAX_FOUND) {
      const why = `spec.dataFrom: ${total} secrets match; the maximum of all finds is ${MAX_FOUND}`
      throw new SecretSyncError('TooLarge', `${why}; divide them among several ExternalSecrets`)
    }
    return found
  }

  async #prepare(
    entry: DataFromEntry,
    at: string,
    { spec, resource }: FindRequest,
    compiler: ExpressionCompiler,
  ): Promise<Prepared> {
    const { find, rewrite } = entry
    const field = `${at}.find`
    const filter = await findFilter(find, field, compiler)
    const rules = rewrite.length === 0 ? undefined : await compiler.rules(rewrite, `${at}.rewrite`)
    const query: StoreQuery = {
      namespace: resource.namespace,
      ref: find.secretStoreRef,
      provider: spec.provider,
      isForList: true,
    }
    const store = this.#options.resolveStore(query)
    if (store.kind === 'error') return { entry, field, filter, rules, query, list: store.error }
    const { connection } = store
    if (connection.backend.list === undefined) {
      const why = `${connection.kind === 'kms-instance' ? 'the endpoint of a KMS instance' : `the backend ${connection.kind}`} cannot list secrets`
      const error = new SecretSyncError(
        'InvalidSpec',
        `${field}: ${why}; name each secret in spec.data, or use a store with another endpoint`,
      )
      return { entry, field, filter, rules, query, list: error }
    }
    return { entry, field, filter, rules, query, list: { connection, withTags: filter.needsTags } }
  }

  async #find(prepared: Prepared, request: FindRequest, work: PacedWork): Promise<Found> {
    const { entry, field, filter, rules, query } = prepared
    const { resolveStore } = this.#options
    const { listing, error, stale } = await this.#reading(prepared, request)
    const held = heldBy(request, (name) => foundKey(name, rules, work.budget))
    // Only what its store allows this namespace shows, neither in a count nor in an error.
    const isAllowed = (name: string): boolean => resolveStore({ ...query, secret: name }).kind === 'ready'
    const names = await foundNames({ filter, listing, held, isAllowed, work })
    const { maxSecrets } = entry.find
    if (names.length > maxSecrets) {
      const why = `${field}: ${names.length} secrets match; the maximum is ${maxSecrets} (maxSecrets)`
      throw new SecretSyncError('TooLarge', `${why}; narrow the find`, { facts: { field } })
    }
    const keys = new Map<string, string>()
    for (const name of names) {
      await work.yieldIfNeeded()
      addFoundKey(keys, foundKey(name, rules, work.budget), name, field)
    }
    return { field, find: entry.find, keys, error, stale }
  }

  async #reading({ list, filter }: Prepared, { key, sinceMs, signal }: FindRequest): Promise<ListingReading> {
    if (list instanceof SecretSyncError) return { listing: undefined, error: list, stale: false }
    const { sweeps } = this.#options
    return sweeps.listing(key, list.connection.key, { withTags: filter.needsTags, sinceMs, signal })
  }
}

/** Names of secrets that are in the target because of a find: under their key, or by the status of a target with templates. */
function heldBy({ resource, spec, before }: FindRequest, keyOf: (name: string) => string): ReadonlySet<string> {
  const named = new Set(secretKeysOf(spec))
  if (spec.target.template !== undefined) {
    return new Set((resource.status?.secrets ?? []).flatMap(({ key }) => (named.has(key) ? [] : key)))
  }
  const record = before?.records.get(resource.name)?.keys ?? new Map<string, { readonly secret: string }>()
  return new Set(
    [...record].flatMap(([key, { secret }]) =>
      !isOfEntry(spec, key, secret) && isKeyOf(key, secret, keyOf) ? secret : [],
    ),
  )
}

/** Whether an entry of `data` or `dataProcess` may have produced the key. */
function isOfEntry({ data, dataProcess }: ExternalSecretSpec, key: string, secret: string): boolean {
  return (
    dataProcess.some(({ extract }) => extract.key === secret) ||
    data.some((one) => one.key === secret && (one.jmesPath.length > 0 || (one.name ?? one.key) === key))
  )
}

function isKeyOf(key: string, secret: string, keyOf: (name: string) => string): boolean {
  try {
    return keyOf(secret) === key
  } catch (error) {
    // A name that the rules cannot turn into a key is of no find.
    if (isSecretSyncError(error) && error.code === 'InvalidKey') return false
    throw error
  }
}
