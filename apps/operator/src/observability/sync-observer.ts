import { type CredentialRefresh, nameText } from '@ack-secret-manager/core'
import {
  hasWritten,
  readinessOf,
  requestIdsOf,
  type SourceObserver,
  type SyncObserver,
} from '@ack-secret-manager/sync-engine'
import type { Logger } from 'pino'
import { factsOf } from './error-details.ts'
import type { FaultLog } from './fault-log.ts'
import type { Metrics } from './metrics.ts'
import type { TroubleLog } from './failure-log.ts'

/** What {@link syncObserver} tells. */
export interface SyncObserverParts {
  readonly metrics: Metrics
  readonly log: Logger
  readonly faults: Pick<FaultLog, 'onTryAgain'>
  /** Of ExternalSecrets. */
  readonly troubles: TroubleLog
}

/** Counts what the engine does, and writes it to the log: what was written, and where trouble begins and ends; the rest at `debug`. */
export function syncObserver({ metrics, log, faults, troubles }: SyncObserverParts): SyncObserver {
  return {
    synced(resource, outcome, durationMs) {
      metrics.syncs.inc({ result: outcome.kind === 'synced' ? outcome.action : outcome.kind })
      metrics.syncSeconds.observe(durationMs / 1_000)
      const { ready, reason, message } = readinessOf(outcome)
      const facts = { resource, reason, durationMs: Math.round(durationMs) }
      if (outcome.kind === 'synced' && outcome.action === 'delete') {
        log.warn({ ...facts, target: outcome.target.name }, 'Secret deleted: its secrets do not exist any more')
      } else if (hasWritten(outcome)) {
        const sources = outcome.sources.map(({ secret, versionId }) => `${nameText(secret)}@${nameText(versionId)}`)
        log.info({ ...facts, target: outcome.target.name, sources }, 'Secret written')
      } else if (ready || outcome.kind === 'suspended') log.debug(facts, message)
      if (outcome.kind === 'suspended') return troubles.forget(resource)
      if (ready) return troubles.well(resource)
      const requestIds = requestIdsOf(outcome)
      troubles.failing(resource, reason, message, requestIds.length === 0 ? {} : { requestIds })
    },
    namespaceTerminating: (resource) => {
      metrics.syncs.inc({ result: 'terminating' })
      troubles.forget(resource)
    },
    kept: faults.onTryAgain,
    removed: (resource) => troubles.forget(resource),
    changeWritten: (elapsedMs) => metrics.changeToSecretSeconds.observe(elapsedMs / 1_000),
    restarted: (kind, result) => metrics.restarts.inc({ kind, result }),
    queueWaited: (waitedMs) => metrics.queueSeconds.observe(waitedMs / 1_000),
    failed: (resource, error, retryInMs) => {
      const { code, ...facts } = factsOf(error)
      troubles.failing(resource, code, error.message, { ...facts, retryInMs: Math.round(retryInMs) })
    },
  }
}

/** Counts reads; those that fail are in the log at `debug`, with what the support of Alibaba Cloud asks for. */
export function sourceObserver(metrics: Metrics, log: Logger): SourceObserver {
  return {
    read(backend, result, durationMs, error) {
      metrics.sourceReads.inc({ backend, result })
      metrics.sourceReadSeconds.observe({ backend }, durationMs / 1_000)
      if (error) log.debug({ backend, ...factsOf(error) }, error.message)
    },
  }
}

/** Counts renewals of credentials, and writes those that fail to the log at `debug`. */
export function refreshObserver(metrics: Metrics, log: Logger): (refresh: CredentialRefresh) => void {
  return ({ provider, result, error }) => {
    metrics.credentialRefreshes.inc({ provider, result })
    if (error) log.debug({ provider, ...factsOf(error) }, error.message)
  }
}
