import type { Clock, SecretSyncError } from '@ack-secret-manager/core'
import { isKubeApiError, type KubeApiError, type ReflectorFault } from '@ack-secret-manager/k8s-client'
import type { Logger } from 'pino'
import { isApiServerAway } from '../is-api-server-unavailable.ts'
import { factsOf } from './error-details.ts'
import { humanDuration } from './human-duration.ts'

/** Pause before a fault that has no visible end is told again. */
const REPEAT_MS = 600_000
/** Faults that are remembered. */
const MAX_FAULTS = 1_000
/** A cut connection that is there again by then is not worth a word. */
const OUTAGE_AFTER_MS = 2_000

/** Tells the log of what went wrong while the operator goes on by itself: once, not at every try. */
export class FaultLog {
  readonly #log: Pick<Logger, 'debug' | 'info' | 'warn'>
  readonly #clock: Pick<Clock, 'monotonic'>
  /** Since when the API server cannot be asked, and how often it was. */
  #outage: { readonly sinceMs: number; tries: number; isTold: boolean } | undefined
  readonly #toldAtMs = new Map<string, number>()

  constructor({ log, clock }: { readonly log: Pick<Logger, 'debug' | 'info' | 'warn'>; readonly clock: Clock }) {
    this.#log = log
    this.#clock = clock
  }

  readonly onFault = ({ during, path, error, retryInMs }: ReflectorFault): void => {
    const facts = { during, path, retryInMs: Math.round(retryInMs) }
    this.#tellOfApiServer(`${during} ${path}`, error, facts)
  }

  readonly onError = (error: KubeApiError | SecretSyncError): void => this.#tellOfApiServer('', error, {})

  readonly onTryAgain = (resource: string, error: SecretSyncError, retryInMs: number): void =>
    this.#tell(resource, error, { resource, ...factsOf(error), retryInMs: Math.round(retryInMs) })

  /** The API server has answered. @param code HTTP status, 0 where there was no answer */
  answered(code: number): void {
    if (!this.#outage || code < 200 || code >= 400) return
    const { sinceMs, tries, isTold } = this.#outage
    this.#outage = undefined
    const after = humanDuration(this.#clock.monotonic() - sinceMs)
    this.#log[isTold ? 'info' : 'debug']({ after, tries }, 'The API server answers again')
  }

  #tellOfApiServer(what: string, error: KubeApiError | SecretSyncError, facts: object): void {
    if (!isApiServerAway(error)) return this.#tell(what, error, facts)
    const nowMs = this.#clock.monotonic()
    const outage = (this.#outage ??= { sinceMs: nowMs, tries: 0, isTold: false })
    outage.tries += 1
    if (outage.isTold || nowMs - outage.sinceMs < OUTAGE_AFTER_MS) return this.#log.debug(facts, error.message)
    outage.isTold = true
    this.#log.warn(
      `The API server does not answer, and is asked until it does; Secrets stay as they are: ${error.message}`,
    )
  }

  #tell(what: string, error: KubeApiError | SecretSyncError, facts: object): void {
    // The history that a watch wanted to go on from may be gone: everything is listed anew, and that is all.
    const level = isKubeApiError(error, 410) ? 'info' : 'warn'
    this.#log[this.#isNew(`${what} ${error.message}`) ? level : 'debug'](facts, error.message)
  }

  #isNew(fault: string): boolean {
    const nowMs = this.#clock.monotonic()
    const toldAtMs = this.#toldAtMs.get(fault)
    if (toldAtMs !== undefined && nowMs - toldAtMs < REPEAT_MS) return false
    this.#toldAtMs.delete(fault)
    this.#toldAtMs.set(fault, nowMs)
    const [oldest] = this.#toldAtMs.keys()
    if (this.#toldAtMs.size > MAX_FAULTS && oldest !== undefined) this.#toldAtMs.delete(oldest)
    return true
  }
}
