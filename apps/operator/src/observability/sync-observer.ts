import type { ErrorCode, SecretSyncError } from '@ack-secret-manager/core'
import {
  hasWritten,
  readinessOf,
  requestIdsOf,
  type SourceObserver,
  type SyncObserver,
} from '@ack-secret-manager/sync-engine'
import type { Logger } from 'pino'
import type { Metrics } from './metrics.ts'

/** Counts what the engine does, and writes it to the log: what was written and what failed, the rest at `debug`. */
export function syncObserver(metrics: Metrics, log: Logger): SyncObserver {
  return {
    synced(resource, outcome, durationMs) {
      metrics.syncs.inc({ result: outcome.kind === 'synced' ? outcome.action : outcome.kind })
      metrics.syncSeconds.observe(durationMs / 1_000)
      const { ready, reason, message } = readinessOf(outcome)
      const facts = { resource, reason, durationMs: Math.round(durationMs) }
      if (outcome.kind === 'synced' && outcome.action === 'delete') {
        log.warn({ ...facts, target: outcome.target.name }, 'Secret deleted: its secrets do not exist any more')
      } else if (hasWritten(outcome)) {
        const sources = outcome.sources.map(({ secret, versionId }) => `${secret}@${versionId}`)
        log.info({ ...facts, target: outcome.target.name, sources }, 'Secret written')
      } else if (ready || outcome.kind === 'suspended') log.debug(facts, message)
      const requestIds = requestIdsOf(outcome)
      const failure = requestIds.length === 0 ? facts : { ...facts, requestIds }
      if (!ready && outcome.kind !== 'suspended') log.warn(failure, message)
    },
    changeWritten: (elapsedMs) => metrics.changeToSecretSeconds.observe(elapsedMs / 1_000),
    restarted: (kind, result) => metrics.restarts.inc({ kind, result }),
    queueWaited: (waitedMs) => metrics.queueSeconds.observe(waitedMs / 1_000),
    failed: (resource, error, retryInMs) =>
      log.warn({ resource, ...factsOf(error), retryInMs: Math.round(retryInMs) }, error.message),
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

/** What a log line tells of an error beside its message. Without a request id that member is left out. */
export function factsOf({ code, facts }: SecretSyncError): { readonly code: ErrorCode; readonly requestId?: string } {
  return { code, ...(facts.requestId === undefined ? {} : { requestId: facts.requestId }) }
}
