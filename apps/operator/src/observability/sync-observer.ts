import { readinessOf, type SourceObserver, type SyncObserver } from '@ack-secret-manager/sync-engine'
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
      if (outcome.kind === 'synced' && (outcome.action === 'create' || outcome.action === 'patch')) {
        const sources = outcome.sources.map(({ secret, versionId }) => `${secret}@${versionId}`)
        log.info({ ...facts, target: outcome.target.name, sources }, 'Secret written')
      } else if (ready || outcome.kind === 'suspended') log.debug(facts, message)
      if (!ready && outcome.kind !== 'suspended') log.warn(facts, message)
    },
    changeWritten: (elapsedMs) => metrics.changeToSecretSeconds.observe(elapsedMs / 1_000),
    queueWaited: (waitedMs) => metrics.queueSeconds.observe(waitedMs / 1_000),
    failed: (resource, error, retryInMs) =>
      log.warn({ resource, code: error.code, retryInMs: Math.round(retryInMs) }, error.message),
  }
}

/** Counts reads. */
export function sourceObserver(metrics: Metrics): SourceObserver {
  return {
    read(backend, result, durationMs) {
      metrics.sourceReads.inc({ backend, result })
      metrics.sourceReadSeconds.observe({ backend }, durationMs / 1_000)
    },
  }
}
