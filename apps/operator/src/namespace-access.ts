import { type Clock, fullJitter, isSecretSyncError, Semaphore, sleep } from '@ack-secret-manager/core'
import {
  ACCEPT_METADATA_LIST,
  API_SERVER_STARTUP_MS,
  inNamespace,
  isKubeApiError,
  type KubeClient,
} from '@ack-secret-manager/k8s-client'
import { resourcesPath } from '@ack-secret-manager/resources'
import type { Logger } from 'pino'
import type { OperatorConfig } from './config/operator-config.ts'
import { isApiServerUnavailable } from './is-api-server-unavailable.ts'

const STORES = resourcesPath('SecretStore')
/** Collections that must be listed in each watched namespace before any namespace is served. */
const CACHED = [resourcesPath('ExternalSecret'), STORES, '/api/v1/secrets']

/** Pauses between lists of a starting API server. */
const STARTUP_BACKOFF = { baseMs: 1_000, maxMs: 10_000 }
/** Pause between checks of the namespaces that are left out; the actual one is random up to twice this value. */
const RECHECK_MS = 40_000
/** Pause between returns of namespaces after the first one, because each restarts the caches and reads all sources again. */
const MIN_BETWEEN_RETURNS_MS = 600_000
const CONCURRENCY = 8
const TIMEOUT_MS = 10_000

/** Answers of the API server for one namespace. */
export interface NamespaceAnswer {
  /** Plurals of the collections that may not be listed. */
  readonly forbidden: readonly string[]
  /** At least one request had no usable response. */
  readonly isUnavailable: boolean
}

/** Namespaces that are not watched, with the plurals of the collections that may not be listed there. */
export type LeftOut = ReadonlyMap<string, readonly string[]>

interface NamespaceQuery {
  readonly client: Pick<KubeClient, 'list'>
  readonly config: Pick<OperatorConfig, 'watchNamespaces' | 'crossNamespaceSecretStore'>
}

export interface NamespaceAccessOptions {
  readonly log: Pick<Logger, 'info' | 'warn'>
  readonly clock: Clock
  /** A number in [0, 1). */
  readonly random: () => number
}

/**
 * The namespaces to leave out: only a 403 counts, because a cache retries every other failure.
 * @param known namespaces whose 403 is not new @returns undefined while answers may still change
 */
export function decideLeftOut(
  answers: ReadonlyMap<string, NamespaceAnswer>,
  { known, waitedMs }: { readonly known: LeftOut; readonly waitedMs: number },
): LeftOut | undefined {
  const isOpen = [...answers].some(
    ([namespace, { forbidden, isUnavailable }]) => isUnavailable || (forbidden.length > 0 && !known.has(namespace)),
  )
  if (isOpen && waitedMs < API_SERVER_STARTUP_MS) return undefined
  return new Map(
    [...answers].flatMap(([name, { forbidden }]) => (forbidden.length > 0 ? [[name, forbidden] as const] : [])),
  )
}

/**
 * Leaves out watched namespaces in which the operator may not list, because their caches would keep all namespaces waiting. One
 * object serves all runs of the process.
 */
export class NamespaceAccess {
  readonly #options: NamespaceAccessOptions
  readonly #slots = new Semaphore(CONCURRENCY)
  #leftOut: LeftOut = new Map()
  #returnedMs = -Infinity

  constructor(options: NamespaceAccessOptions) {
    this.#options = options
  }

  /** The names of the namespaces that are left out. */
  get leftOut(): readonly string[] {
    return [...this.#leftOut.keys()]
  }

  /** The namespaces to watch. If none is permitted these are all, because an empty list means every namespace of the cluster. */
  async permitted(query: NamespaceQuery, signal: AbortSignal): Promise<readonly string[]> {
    const { log, clock, random } = this.#options
    const watched = watchedOf(query)
    // A single namespace has no neighbours.
    if (watched.length < 2) return watched
    const startMs = clock.monotonic()
    const answers = new Map<string, NamespaceAnswer>()
    for (let tries = 0; !signal.aborted; tries += 1) {
      const open = watched.filter((name) => !isPermitted(answers.get(name)))
      for (const [name, answer] of await this.#ask(open, query, signal)) answers.set(name, answer)
      const leftOut = decideLeftOut(answers, { known: this.#leftOut, waitedMs: clock.monotonic() - startMs })
      if (leftOut !== undefined && !signal.aborted) {
        for (const [namespace, plurals] of leftOut) {
          if (!this.#leftOut.has(namespace)) log.warn({ namespace }, leftOutMessage(namespace, plurals))
        }
        this.#leftOut = leftOut
        break
      }
      await this.#pause(fullJitter(tries, STARTUP_BACKOFF, random), signal)
    }
    return this.#leftOut.size === watched.length ? watched : watched.filter((name) => !this.#leftOut.has(name))
  }

  /** Calls `onReturn` once when the operator may list in a namespace that is left out. Never rejects. */
  async awaitReturn(query: NamespaceQuery, onReturn: () => void, signal: AbortSignal): Promise<void> {
    const { log, clock, random } = this.#options
    while (this.#leftOut.size > 0) {
      await this.#pause((1 + random()) * RECHECK_MS, signal)
      if (signal.aborted) return
      if (clock.monotonic() - this.#returnedMs < MIN_BETWEEN_RETURNS_MS) continue
      const answers = await this.#ask(this.leftOut, query, signal)
      if (signal.aborted) return
      const namespaces = this.leftOut.filter((name) => isPermitted(answers.get(name)))
      if (namespaces.length === 0) continue
      // Then all of them are watched, and their caches sync by themselves.
      if (namespaces.length === watchedOf(query).length) this.#leftOut = new Map()
      else {
        this.#returnedMs = clock.monotonic()
        log.info({ namespaces }, 'Permissions in namespaces are back; restarting all caches')
        return onReturn()
      }
    }
  }

  async #ask(
    namespaces: readonly string[],
    { client, config }: NamespaceQuery,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, NamespaceAnswer>> {
    const paths = CACHED.filter((path) => path !== STORES || !config.crossNamespaceSecretStore)
    const answerOf = async (namespace: string): Promise<readonly [string, NamespaceAnswer]> => {
      const results = await Promise.all(
        paths.map((path) => this.#slots.run(() => tryList(client, inNamespace(path, namespace), signal))),
      )
      const forbidden = paths.filter((_path, index) => results[index] === 'forbidden').map(pluralOf)
      return [namespace, { forbidden, isUnavailable: results.includes('unavailable') }]
    }
    return new Map(await Promise.all(namespaces.map(answerOf)))
  }

  async #pause(delayMs: number, signal: AbortSignal): Promise<void> {
    await sleep(delayMs, { clock: this.#options.clock, signal }).catch(() => {
      // Aborted, which the caller checks.
    })
  }
}

/** Lists one object, because only the request itself shows what every authorizer answers. */
async function tryList(
  client: NamespaceQuery['client'],
  path: string,
  signal: AbortSignal,
): Promise<'ok' | 'forbidden' | 'unavailable'> {
  try {
    await client.list(path, { query: { limit: 1 }, accept: ACCEPT_METADATA_LIST, timeoutMs: TIMEOUT_MS, signal })
    return 'ok'
  } catch (error) {
    if (isKubeApiError(error, 403)) return 'forbidden'
    const isKnown = isKubeApiError(error) || isSecretSyncError(error)
    return isKnown && isApiServerUnavailable(error) ? 'unavailable' : 'ok'
  }
}

const isPermitted = (answer: NamespaceAnswer | undefined): boolean =>
  answer?.forbidden.length === 0 && !answer.isUnavailable

const pluralOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1)

const watchedOf = ({ config }: NamespaceQuery): readonly string[] => [...new Set(config.watchNamespaces)]

function leftOutMessage(namespace: string, plurals: readonly string[]): string {
  return `Namespace ${namespace} is left out: the operator may not list ${plurals.join(', ')} there; restore its Role and RoleBinding, or remove the namespace from --watch-namespaces`
}
