import { type Clock, remember, type SecretSyncError, type WorkloadRef } from '@ack-secret-manager/core'
import {
  API_SERVER_STARTUP_MS,
  isKubeApiError,
  type KubeApiError,
  type ReflectorFault,
} from '@ack-secret-manager/k8s-client'
import type { Logger } from 'pino'
import { isApiServerUnavailable } from '../is-api-server-unavailable.ts'
import { errorDetails } from './error-details.ts'
import { isMilestone, MAX_LOGGED_EACH } from './failure-log.ts'
import { humanDuration } from './human-duration.ts'
import { missingCrd } from './missing-crd.ts'

/** Time after which the same fault is logged again, because the end of a fault is not visible. */
const REPEAT_MS = 600_000
/** Limit of remembered faults. */
const MAX_FAULTS = 1_000
/** Shorter outages are usually broken connections, and are logged at `debug` only. */
const OUTAGE_AFTER_MS = 2_000

/** Verb and resource at the start of an error of the Kubernetes client, such as `patch secretstores/status`. */
const REQUEST = /^[a-z]+ [a-z]+(?:\/[a-z]+)?(?=[ :])/

/** Faults with the same verb, resource and status. */
interface FaultGroup {
  readonly sinceMs: number
  count: number
}

/** Logs each fault once, not at every retry. If many objects have the same one, the first ten get a line each, the rest a count. */
export class FaultLog {
  readonly #log: Pick<Logger, 'debug' | 'info' | 'warn'>
  readonly #clock: Pick<Clock, 'monotonic'>
  /** Current outage of the API server. */
  #outage: { readonly sinceMs: number; tries: number; isLogged: boolean } | undefined
  /** End of the last outage that was logged. */
  #availableAtMs = -Infinity
  readonly #loggedAtMs = new Map<string, number>()
  readonly #groups = new Map<string, FaultGroup>()

  constructor({ log, clock }: { readonly log: Pick<Logger, 'debug' | 'info' | 'warn'>; readonly clock: Clock }) {
    this.#log = log
    this.#clock = clock
  }

  readonly onFault = ({ during, path, error, retryInMs }: ReflectorFault): void => {
    const facts = { during, path, retryInMs: Math.round(retryInMs) }
    const missing = missingCrd(path, error)
    if ((missing || isKubeApiError(error, 403)) && this.#isApiServerStarting()) {
      return this.#log.debug(facts, error.message)
    }
    // Once for all namespaces.
    if (missing) return this.#logOnce('', missing, facts)
    this.#logApiServerFault(`${during} ${path}`, error, facts)
  }

  readonly onError = (error: KubeApiError | SecretSyncError): void => this.#logApiServerFault('', error, {})

  /** Without a Lease no replica works, so a failure is also logged if only requests for the Lease fail. */
  readonly onLeaseError = (error: KubeApiError | SecretSyncError, isRepeated: boolean): void => {
    const hasOutage = this.#outage !== undefined
    this.onError(error)
    if (isRepeated && !hasOutage && isApiServerUnavailable(error)) this.#logOnce('', error, {})
  }

  /** Work that was cancelled is no failure, for example when the operator stops. */
  readonly onRetry = (resource: string, error: SecretSyncError, retryInMs: number): void => {
    if (error.code === 'Cancelled') return
    this.#logOnce(resource, error, { resource, ...errorDetails(error), retryInMs: Math.round(retryInMs) })
  }

  /** A workload is not restarted. Work that was cancelled is no failure. */
  readonly onRestartFailure = (
    { kind, namespace, name }: WorkloadRef,
    error: SecretSyncError,
    retryInMs: number,
  ): void => {
    if (error.code === 'Cancelled') return
    const workload = `${kind} ${namespace}/${name}`
    this.#logOnce(workload, error, { workload, ...errorDetails(error), retryInMs: Math.round(retryInMs) })
  }

  /** Ends an outage at the first successful response of the API server. @param code HTTP status, 0 without a response */
  recordResponse(code: number): void {
    if (!this.#outage || code < 200 || code >= 400) return
    const { sinceMs, tries, isLogged } = this.#outage
    this.#outage = undefined
    const nowMs = this.#clock.monotonic()
    if (isLogged) this.#availableAtMs = nowMs
    const after = humanDuration(nowMs - sinceMs)
    this.#log[isLogged ? 'info' : 'debug']({ after, tries }, 'API server available again')
  }

  #isApiServerStarting(): boolean {
    return this.#outage?.isLogged === true || this.#clock.monotonic() - this.#availableAtMs < API_SERVER_STARTUP_MS
  }

  #logApiServerFault(key: string, error: KubeApiError | SecretSyncError, facts: object): void {
    if (!isApiServerUnavailable(error)) return this.#logOnce(key, error, facts)
    const nowMs = this.#clock.monotonic()
    const outage = (this.#outage ??= { sinceMs: nowMs, tries: 0, isLogged: false })
    outage.tries += 1
    if (outage.isLogged || nowMs - outage.sinceMs < OUTAGE_AFTER_MS) return this.#log.debug(facts, error.message)
    outage.isLogged = true
    this.#log.warn(`API server unavailable; retrying, and Secrets keep their values: ${error.message}`)
  }

  #logOnce(key: string, error: KubeApiError | SecretSyncError, facts: object): void {
    // 410 Gone is routine: the watch expired and the reflector lists again.
    const level = isKubeApiError(error, 410) ? 'info' : 'warn'
    const count = this.#isNew(`${key} ${error.message}`) ? this.#countLike(error) : undefined
    const isLogged = count !== undefined && count <= MAX_LOGGED_EACH
    this.#log[isLogged ? level : 'debug'](facts, error.message)
    if (count !== undefined && isMilestone(count)) {
      this.#log[level]({ count }, `More failures like this: ${error.message}`)
    }
  }

  /** @returns the number of new faults of this kind within {@link REPEAT_MS} */
  #countLike(error: KubeApiError | SecretSyncError): number {
    const kind = `${isKubeApiError(error) ? error.status : error.code} ${REQUEST.exec(error.message)?.[0] ?? ''}`
    const nowMs = this.#clock.monotonic()
    const known = this.#groups.get(kind)
    const group = known && nowMs - known.sinceMs < REPEAT_MS ? known : { sinceMs: nowMs, count: 0 }
    this.#groups.set(kind, group)
    group.count += 1
    return group.count
  }

  #isNew(fault: string): boolean {
    const nowMs = this.#clock.monotonic()
    const loggedAtMs = this.#loggedAtMs.get(fault)
    if (loggedAtMs !== undefined && nowMs - loggedAtMs < REPEAT_MS) return false
    this.#loggedAtMs.delete(fault)
    remember(this.#loggedAtMs, fault, nowMs, MAX_FAULTS)
    return true
  }
}
