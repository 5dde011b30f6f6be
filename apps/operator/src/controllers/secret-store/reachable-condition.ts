import type { Condition } from '@ack-secret-manager/resources'
import type { Reachability } from '@ack-secret-manager/sync-engine'
import { timeText } from '../shared/time-text.ts'

/** Input of {@link reachableCondition} in addition to the connection. */
export interface ReachableInput {
  readonly generation: number
  /** Endpoint of the store, for connections without one. */
  readonly defaultEndpoint: string | undefined
  /** The current condition. */
  readonly old: Condition | undefined
}

/**
 * Condition `Reachable`: False while the store's own endpoint does not respond. Endpoints named by single entries are reported on
 * their ExternalSecrets. Undefined if no resource reads through the connection. Pure.
 */
export function reachableCondition(
  connection: Reachability | undefined,
  { generation, defaultEndpoint = 'the endpoint', old }: ReachableInput,
): Omit<Condition, 'lastTransitionTime'> | undefined {
  const common = { type: 'Reachable', observedGeneration: generation } as const
  if (connection?.state === 'unreachable') {
    return { ...common, status: 'False', reason: 'Unavailable', message: outageText(connection, defaultEndpoint, old) }
  }
  if (connection?.state === 'reachable') {
    return { ...common, status: 'True', reason: 'Connected', message: 'the endpoint responds to reads' }
  }
  if (connection === undefined || old === undefined) return undefined
  // Before the first read after a start, keep the condition of the previous leader.
  const { status, reason, message } = old
  return { ...common, status, reason, message }
}

type Outage = Extract<Reachability, { state: 'unreachable' }>

function outageText(
  { endpoint, sinceMs, lastResponseMs }: Outage,
  defaultEndpoint: string,
  old: Condition | undefined,
): string {
  const where = `${endpoint ?? defaultEndpoint} has not responded since `
  if (lastResponseMs === undefined && old?.status === 'False' && old.message.startsWith(where)) return old.message
  const last = lastResponseMs === undefined ? 'no response before' : `last response ${timeText(lastResponseMs)}`
  return `${where}${timeText(sinceMs)} (${last})`
}
