import type { KubeObject } from '@ack-secret-manager/k8s-client'

/** An Event about a resource. */
export interface ResourceEvent {
  readonly time: string
  readonly count: number
  readonly type: string
  readonly reason: string
  readonly message: string
}

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
  return { time, count: series?.count ?? event.count ?? 1, type, reason, message }
}
