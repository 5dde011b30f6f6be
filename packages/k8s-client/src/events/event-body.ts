import type { EventRecord } from './event.ts'
import { microTime } from '../client/micro-time.ts'

/** Limits of the API server (`ValidateEventCreate` of Kubernetes): bytes of the note, characters of the other fields. */
const MAX_NOTE_BYTES = 1_024
const MAX_WORD = 128

/** A name is a DNS subdomain of at most 253 characters. A dot and 16 digits follow the name of the object. */
const MAX_NAME_PREFIX = 253 - 17

/** Path of the events in the namespace of the object; `default` for a cluster-scoped object. */
export function eventsPath({ regarding }: EventRecord): string {
  return `/apis/events.k8s.io/v1/namespaces/${regarding.namespace || 'default'}/events`
}

/** Name of a new Event in the format of client-go: the name of the object and a unique number. */
export function eventName({ regarding }: EventRecord, suffix: string): string {
  return `${regarding.name.slice(0, MAX_NAME_PREFIX).replace(/[-.]+$/, '')}.${suffix}`
}

/** Reporter of an event and its first occurrence. */
export interface EventOrigin {
  readonly controller: string
  readonly instance: string
  /** Wall-clock milliseconds. */
  readonly firstMs: number
}

/** Body for creating the Event. */
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

/** Merge patch with the repeat count. */
export function seriesPatch({ count, lastMs }: { readonly count: number; readonly lastMs: number }): object {
  return { series: { count, lastObservedTime: microTime(lastMs) } }
}

/** Truncates the fields to the limits of the API server. A truncated message ends with an ellipsis. */
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
  // 10xxxxxx is a UTF-8 continuation byte: cut before the first byte of the character.
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1
  return `${bytes.subarray(0, end).toString('utf8')}…`
}
