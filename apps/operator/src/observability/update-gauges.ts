import { accountLabel } from '@ack-secret-manager/core'
import type { OperatorParts } from '../operator-parts.ts'
import type { Metrics } from './metrics.ts'

type GaugedParts =
  | 'engine'
  | 'writer'
  | 'rateLimits'
  | 'registry'
  | 'work'
  | 'stores'
  | 'clusterExternalSecrets'
  | 'pushSecrets'

/** Sets all gauges; called before each scrape. */
export function updateGauges(
  metrics: Metrics,
  {
    engine,
    writer,
    rateLimits,
    registry,
    work,
    stores,
    clusterExternalSecrets,
    pushSecrets,
  }: Pick<OperatorParts, GaugedParts>,
): void {
  metrics.ofResources?.update(work.isActive ? engine.resources() : [])
  const { sources, sweeps, queue, ready, maxUnwrittenMs, failedCleanups, restartsWaiting } = engine.stats()
  metrics.sources.set(sources.sources)
  metrics.sourcesFailing.set(sources.failing)
  metrics.sweepsFailing.set(sweeps.failing)
  metrics.sweepsWaiting.set(sweeps.waiting)
  metrics.listedSecrets.set(sweeps.secrets)
  metrics.listedBytes.set(sweeps.bytes)
  metrics.sourceAgeSeconds.set(sources.maxAgeMs / 1_000)
  for (const [scope, ms] of Object.entries(sources.maxOverdueMs))
    metrics.sourceOverdueSeconds.set({ scope }, ms / 1_000)
  metrics.storeReadsWaiting.set(sources.waitingForStore)
  metrics.unwrittenChangeSeconds.set(maxUnwrittenMs / 1_000)
  metrics.cleanupsFailing.set(failedCleanups)
  for (const [reason, count] of Object.entries(restartsWaiting)) metrics.restartsWaiting.set({ reason }, count)
  metrics.secretsUncached.set(writer.uncached)
  metrics.queueDepth.set(queue.waiting)
  metrics.leader.set(work.isActive && work.members > 0 ? 1 : 0)
  const { resources, domainCount } = work.work()
  metrics.members.set(work.isActive ? work.members : 0)
  metrics.memberDomains.set(domainCount)
  metrics.memberResources.set(resources)
  metrics.clientKeyExpiry.set((stores.nextExpiryMs ?? 0) / 1_000)
  metrics.tokens.set(registry.tokens.size)
  metrics.rateLimit.reset()
  for (const [labels, perSecond] of lowestRates(rateLimits.rates(performance.now()))) {
    metrics.rateLimit.set(labels, perSecond)
  }
  metrics.circuitBreakers.reset()
  for (const { backend, state, count } of sources.circuits) metrics.circuitBreakers.set({ backend, state }, count)
  metrics.resources.reset()
  const kinds = {
    ExternalSecret: ready,
    ClusterExternalSecret: clusterExternalSecrets?.stats() ?? {},
    PushSecret: pushSecrets?.stats() ?? {},
    ...stores.stats(),
  }
  for (const [kind, states] of Object.entries(kinds)) {
    for (const [state, count] of Object.entries(states)) metrics.resources.set({ kind, ready: state }, count)
  }
}

/** Sets the gauge of the Leases for whose holders this replica waits. @param waitingMs by slot */
export function updateShardWaiting({ shardWaitingSeconds }: Metrics, waitingMs: ReadonlyMap<string, number>): void {
  shardWaitingSeconds.reset()
  for (const [slot, ms] of waitingMs) shardWaitingSeconds.set({ slot }, ms / 1_000)
}

type Rates = ReturnType<OperatorParts['rateLimits']['rates']>

/** Unidentified accounts share one label per region, so the lowest of their rates is shown. */
export function lowestRates(rates: Rates): Iterable<readonly [{ account: string; region: string }, number]> {
  const lowest = new Map<string, readonly [{ account: string; region: string }, number]>()
  for (const { account: name, region, perSecond } of rates) {
    const account = accountLabel(name)
    const key = JSON.stringify([account, region])
    lowest.set(key, [{ account, region }, Math.min(perSecond, lowest.get(key)?.[1] ?? Infinity)])
  }
  return lowest.values()
}
