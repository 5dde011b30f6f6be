import { type CredentialRefresh, nameText } from '@ack-secret-manager/core'
import type { StoreRegistryOptions } from '@ack-secret-manager/stores'
import {
  hasWritten,
  readinessOf,
  requestIdsOf,
  type SourceObserver,
  type SweepObserver,
  type SyncObserver,
} from '@ack-secret-manager/sync-engine'
import type { Logger } from 'pino'
import { errorDetails } from './error-details.ts'
import type { FaultLog } from './fault-log.ts'
import type { Metrics } from './metrics.ts'
import type { FailureLog } from './failure-log.ts'

export interface SyncObserverParts {
  readonly metrics: Metrics
  readonly log: Logger
  readonly faults: Pick<FaultLog, 'onRetry' | 'onRestartFailure'>
  /** Failures of ExternalSecrets. */
  readonly failures: FailureLog
  /** Called after each sync. */
  readonly onSynced: () => void
  /** The cleanup after a deleted resource is complete. */
  readonly onRemoved: (resource: string) => void
}

/** Counts syncs, and logs writes and the start and end of failures; other results are logged at `debug`. */
export function syncObserver(parts: SyncObserverParts): SyncObserver {
  const { metrics, log, faults, failures, onSynced, onRemoved } = parts
  return {
    synced(resource, outcome, durationMs) {
      onSynced()
      metrics.syncs.inc({ result: outcome.kind === 'synced' ? outcome.action : outcome.kind })
      metrics.syncSeconds.observe(durationMs / 1_000)
      const { ready, reason, message } = readinessOf(outcome)
      const facts = { resource, reason, durationMs: Math.round(durationMs) }
      if (outcome.kind === 'synced' && outcome.action === 'delete') {
        log.warn(
          { ...facts, target: outcome.target.name },
          'Secret deleted: all its secrets were deleted in the secret manager',
        )
      } else if (hasWritten(outcome)) {
        const sources = outcome.sources.map(({ secret, versionId }) => `${nameText(secret)}@${nameText(versionId)}`)
        log.info({ ...facts, target: outcome.target.name, sources }, 'Secret written')
      } else if (ready || outcome.kind === 'suspended') log.debug(facts, message)
      if (outcome.kind === 'suspended') return failures.forget(resource)
      if (ready) return failures.recovered(resource)
      const requestIds = requestIdsOf(outcome)
      failures.failing(resource, reason, message, requestIds.length === 0 ? {} : { requestIds })
    },
    namespaceTerminating: (resource) => {
      metrics.syncs.inc({ result: 'terminating' })
      failures.forget(resource)
    },
    kept: faults.onRetry,
    removed: (resource) => {
      failures.forget(resource)
      onRemoved(resource)
    },
    released: (resource) => failures.forget(resource),
    changeWritten: (elapsedMs) => metrics.changeToSecretSeconds.observe(elapsedMs / 1_000),
    restarted: (kind, result) => metrics.restarts.inc({ kind, result }),
    restartFailed: faults.onRestartFailure,
    queueWaited: (waitedMs) => metrics.queueSeconds.observe(waitedMs / 1_000),
    failed: (resource, error, retryInMs) => {
      const { code, ...facts } = errorDetails(error)
      // The process stops, or has lost its Lease; the line about that must not drown.
      if (code === 'Cancelled') return log.debug({ resource, ...facts }, error.message)
      failures.failing(resource, code, error.message, { ...facts, retryInMs: Math.round(retryInMs) })
    },
  }
}

/** Counts reads, and logs failed ones at `debug` with the request id for Alibaba Cloud support. */
export function sourceObserver(metrics: Metrics, log: Logger): SourceObserver {
  return {
    read(backend, result, durationMs, error) {
      metrics.sourceReads.inc({ backend, result })
      metrics.sourceReadSeconds.observe({ backend }, durationMs / 1_000)
      if (error) log.debug({ backend, ...errorDetails(error) }, error.message)
    },
    batch(backend, secrets, error) {
      const labels = { backend, result: error?.code ?? 'ok' }
      metrics.batchCalls.inc(labels)
      metrics.batchSecrets.inc(labels, secrets)
      if (error) log.debug({ backend, secrets, ...errorDetails(error) }, error.message)
    },
  }
}

/** Counts sweeps, and logs failed ones at `debug` with the request id for Alibaba Cloud support. */
export function sweepObserver(metrics: Metrics, log: Logger): SweepObserver {
  return {
    sweep(backend, result, { durationMs, pages }, error) {
      metrics.sweeps.inc({ backend, result })
      metrics.sweepPages.inc({ backend }, pages)
      metrics.sweepSeconds.observe({ backend }, durationMs / 1_000)
      if (error) log.debug({ backend, ...errorDetails(error) }, error.message)
    },
  }
}

/** Counts credential refreshes of the operator identity or of stores, and logs failed ones at `debug`. */
export function refreshObserver(
  metrics: Metrics,
  log: Logger,
  identity: 'operator' | 'store',
): (refresh: CredentialRefresh) => void {
  return ({ provider, result, error }) => {
    metrics.credentialRefreshes.inc({ provider, identity, result })
    if (error) log.debug({ provider, ...errorDetails(error) }, error.message)
  }
}

/** Counts the calls of stores for credentials and tokens. */
export function storeObserver(
  metrics: Metrics,
  log: Logger,
): Required<Pick<StoreRegistryOptions, 'onRefresh' | 'onTokenCall'>> & {
  readonly onOperatorRefresh: (refresh: CredentialRefresh) => void
} {
  return {
    onRefresh: refreshObserver(metrics, log, 'store'),
    onOperatorRefresh: refreshObserver(metrics, log, 'operator'),
    onTokenCall: (call) => metrics.tokenCalls.inc({ ...call }),
  }
}
