import type { EventRecord } from './event.ts'
import { microTime } from '../client/micro-time.ts'

/** Limits of the API server, `ValidateEventCreate` of Kubernetes: bytes of the note, characters of the other texts. */
const MAX_NOTE_BYTES = 1_024
const MAX_WORD = 128

/** Names are DNS subdomains of at most 253 characters; a dot and 16 digits come after the object's. */
const MAX_NAME_PREFIX = 253 - 17

/** Path of the events of one object's namespace; cluster-scoped objects have theirs in `default`. */
export function eventsPath({ regarding }: EventRecord): string {
  return `/apis/events.k8s.io/v1/namespaces/${regarding.namespace || 'default'}/events`
}

/** Name of a new Event, as client-go makes it: the object's name and a number that no other event has. */
export function eventName({ regarding }: EventRecord, suffix: string): string {
  return `${regarding.name.slice(0, MAX_NAME_PREFIX).replace(/[-.]+$/, '')}.${suffix}`
}

/** Who tells of an event, and since when. */
export interface EventOrigin {
  readonly controller: string
  readonly instance: string
  /** Wall-clock milliseconds. */
  readonly firstMs: number
}

/** The Event object, as it is created. */
export function eventBody(record: EventRecord, name: string, { controller, instance, firstMs }: EventOrigin): object {
  const { regarding } = record
  return {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { name, namespace: regarding.namespace || 'default' },
    eventTime: microTime(firstMs),
    type: record.type,
    reason: record.reason,
    action: record.action,
    note: record.message,
    regarding,
    reportingController: controller,
    reportingInstance: instance.slice(0, MAX_WORD),
  }
}

/** The merge patch that counts the repeats. */
export function seriesPatch({ count, lastMs }: { readonly count: number; readonly lastMs: number }): object {
  return { series: { count, lastObservedTime: microTime(lastMs) } }
}

/** The record within the API server's limits; a message that is cut ends with an ellipsis. */
export function withinLimits(record: EventRecord): EventRecord & { readonly action: string } {
  const { action = 'Sync', reason, message } = record
  return {
    ...record,
    reason: reason.slice(0, MAX_WORD),
    action: action.slice(0, MAX_WORD),
    message: cutAtBytes(message, MAX_NOTE_BYTES),
  }
}

function cutAtBytes(text: string, maxBytes: number): string {
  const bytes = Buffer.from(text, 'utf8')
  if (bytes.byteLength <= maxBytes) return text
  let end = maxBytes - Buffer.byteLength('…')
  // 10xxxxxx continues a character: cut before its first byte.
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1
  return `${bytes.subarray(0, end).toString('utf8')}…`
}
