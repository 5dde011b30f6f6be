import type { KubeObject } from '@ack-secret-manager/k8s-client'

/** An Event about a resource. */
export interface ResourceEvent {
  readonly time: string
  readonly count: number
  readonly type: string
  readonly reason: string
  readonly message: string
}

/** The API server has no limit for Events of version `v1`. Longer texts come from others than operators. */
const MAX_REASON = 128
const MAX_MESSAGE = 1_024

interface RawEvent {
  readonly metadata: { readonly creationTimestamp?: string }
  readonly type?: string
  readonly reason?: string
  readonly message?: string
  readonly count?: number
  readonly lastTimestamp?: string | null
  readonly eventTime?: string | null
  readonly series?: { readonly count?: number; readonly lastObservedTime?: string } | null
}

/** Reads an Event as the API server sends it. Pure. */
export function resourceEvent(object: KubeObject): ResourceEvent {
  const { metadata, type = '', reason = '', message = '', series, ...event } = object as unknown as RawEvent
  const time = series?.lastObservedTime ?? event.lastTimestamp ?? event.eventTime ?? metadata.creationTimestamp ?? ''
  const count = series?.count ?? event.count ?? 1
  return {
    time,
    count,
    type: cut(type, MAX_REASON),
    reason: cut(reason, MAX_REASON),
    message: cut(message, MAX_MESSAGE),
  }
}

function cut(text: string, max: number): string {
  return text.length <= max ? text : `${text.slice(0, max - 1)}…`
}
