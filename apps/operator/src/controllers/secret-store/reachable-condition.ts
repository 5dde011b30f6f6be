import type { Condition } from '@ack-secret-manager/resources'
import type { Reachability } from '@ack-secret-manager/sync-engine'
import { timeText } from '../shared/time-text.ts'

/** Facts about the store in addition to its connection. */
export interface ReachableFacts {
  readonly generation: number
  /** Where the store reads, for a connection that names no endpoint. */
  readonly place: string | undefined
  /** The condition as last written. */
  readonly old: Condition | undefined
}

/**
 * Condition `Reachable` of a store: False where the connection at its own endpoint gets no answers. Those at endpoints that
 * entries name instead tell nothing about the store: their ExternalSecrets do. Changes only with the state of the connection,
 * because each change is a write of the status. Undefined where no resource reads through the connection. Pure.
 */
export function reachableCondition(
  connection: Reachability | undefined,
  { generation, place = 'the endpoint', old }: ReachableFacts,
): Omit<Condition, 'lastTransitionTime'> | undefined {
  const common = { type: 'Reachable', observedGeneration: generation } as const
  if (connection?.state === 'unreachable') {
    return { ...common, status: 'False', reason: 'Unavailable', message: outageText(connection, place, old) }
  }
  if (connection?.state === 'reachable') {
    return { ...common, status: 'True', reason: 'Connected', message: 'reads get answers' }
  }
  if (connection === undefined || old === undefined) return undefined
  // Before the first read after a start, the last leader knows more.
  const { status, reason, message } = old
  return { ...common, status, reason, message }
}

type Outage = Extract<Reachability, { state: 'unreachable' }>

function outageText({ endpoint, sinceMs, lastAnswerMs }: Outage, place: string, old: Condition | undefined): string {
  const where = `${endpoint ?? place} has not answered since `
  if (lastAnswerMs === undefined && old?.status === 'False' && old.message.startsWith(where)) return old.message
  const last = lastAnswerMs === undefined ? 'no answer before' : `last answer ${timeText(lastAnswerMs)}`
  return `${where}${timeText(sinceMs)} (${last})`
}
