import type { Condition } from '@ack-secret-manager/resources'
import type { Reachability } from '@ack-secret-manager/sync-engine'
import { timeText } from './time-text.ts'

/** Endpoints that a message names at most. */
const MAX_NAMED = 3

/** Facts about the store in addition to its connections. */
export interface ReachableFacts {
  readonly generation: number
  /** Where the store reads, for a connection that names no endpoint. */
  readonly place: string | undefined
  /** The condition as last written. */
  readonly old: Condition | undefined
}

/**
 * Condition `Reachable` of a store: False where any connection through it gets no answers. Changes only with the state of a
 * connection, because each change is a write of the status. Undefined where no resource reads through the store. Pure.
 */
export function reachableCondition(
  connections: readonly Reachability[],
  { generation, place = 'the endpoint', old }: ReachableFacts,
): Omit<Condition, 'lastTransitionTime'> | undefined {
  const common = { type: 'Reachable', observedGeneration: generation } as const
  const outages = connections.flatMap((connection) =>
    connection.state === 'unreachable' ? outageText(connection, place, old) : [],
  )
  if (outages.length > 0) {
    return { ...common, status: 'False', reason: 'Unavailable', message: joined(outages.toSorted()) }
  }
  if (connections.some(({ state }) => state === 'reachable')) {
    return { ...common, status: 'True', reason: 'Connected', message: 'reads get answers' }
  }
  if (connections.length === 0 || old === undefined) return undefined
  // Before the first read after a start, the last leader knows more.
  const { status, reason, message } = old
  return { ...common, status, reason, message }
}

type Outage = Extract<Reachability, { state: 'unreachable' }>

function outageText({ endpoint, sinceMs, lastAnswerMs }: Outage, place: string, old: Condition | undefined): string {
  const where = `${endpoint ?? place} has not answered since `
  const known = lastAnswerMs === undefined ? old?.message.split('; ').find((text) => text.startsWith(where)) : undefined
  if (old?.status === 'False' && known !== undefined) return known
  const last = lastAnswerMs === undefined ? 'no answer before' : `last answer ${timeText(lastAnswerMs)}`
  return `${where}${timeText(sinceMs)} (${last})`
}

function joined(texts: readonly string[]): string {
  const named = texts.slice(0, MAX_NAMED).join('; ')
  return texts.length > MAX_NAMED ? `${named}; and ${texts.length - MAX_NAMED} more` : named
}
