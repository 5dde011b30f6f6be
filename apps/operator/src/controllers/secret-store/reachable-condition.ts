import { timeText } from '@ack-secret-manager/core'
import type { Condition, SecretStoreStatus } from '@ack-secret-manager/resources'
import type { Reachability } from '@ack-secret-manager/sync-engine'

/** An outage as the status records it. */
export type Outage = NonNullable<SecretStoreStatus['outage']>

/** Reachability that the previous leader wrote into the status. */
export interface OldReachability {
  /** Condition `Reachable`. */
  readonly condition: Condition | undefined
  readonly outage: Outage | undefined
}

/** The outage of a connection; undefined while there is none. Pure. */
export function outageOf(
  connection: Reachability | undefined,
  {
    defaultEndpoint = 'the endpoint',
    old,
  }: { readonly defaultEndpoint?: string | undefined; readonly old: OldReachability },
): Outage | undefined {
  // An operator that does not know the field ends an outage by the condition alone.
  const wasUnreachable = old.condition?.status === 'False'
  // Before the first read after a start, keep the outage that the previous leader recorded.
  if (connection?.state === 'unknown') return wasUnreachable ? old.outage : undefined
  if (connection?.state !== 'unreachable') return undefined
  const { endpoint = defaultEndpoint, sinceMs, lastResponseMs } = connection
  if (lastResponseMs === undefined && wasUnreachable) {
    const { lastTransitionTime } = old.condition
    if (old.outage?.endpoint === endpoint) return old.outage
    if (old.outage === undefined && lastTransitionTime !== undefined) return { endpoint, since: lastTransitionTime }
  }
  const since = timeText(sinceMs)
  return lastResponseMs === undefined
    ? { endpoint, since }
    : { endpoint, since, lastResponse: timeText(lastResponseMs) }
}

/** Input of {@link reachableCondition} in addition to the connection. */
export interface ReachableInput {
  readonly generation: number
  readonly outage: Outage | undefined
  /** The current condition. */
  readonly old: Condition | undefined
}

/**
 * Condition `Reachable`: False while the store's own endpoint does not respond. Endpoints named by single entries are reported on
 * their ExternalSecrets. Undefined if no resource reads through the connection. Pure.
 */
export function reachableCondition(
  connection: Reachability | undefined,
  { generation, outage, old }: ReachableInput,
): Omit<Condition, 'lastTransitionTime'> | undefined {
  const common = { type: 'Reachable', observedGeneration: generation } as const
  if (connection?.state === 'unreachable' && outage !== undefined) {
    return { ...common, status: 'False', reason: 'Unavailable', message: outageText(outage) }
  }
  if (connection?.state === 'reachable') {
    return { ...common, status: 'True', reason: 'Connected', message: 'the endpoint responds to reads' }
  }
  if (connection === undefined || old === undefined) return undefined
  // Before the first read after a start, keep the condition of the previous leader.
  const { status, reason, message } = old
  return { ...common, status, reason, message }
}

function outageText({ endpoint, since, lastResponse }: Outage): string {
  const last = lastResponse === undefined ? 'no earlier response known' : `last response ${lastResponse}`
  return `${endpoint} has not responded since ${since} (${last})`
}
