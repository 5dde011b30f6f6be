import { SecretSyncError } from '@ack-secret-manager/core'
import type { KubeList, KubeObject } from '../client/kube-object.ts'
import { isRecord } from '../client/status-error.ts'

/** One event of a watch. Kubernetes API concepts, "Efficient detection of changes". */
export type WatchEvent =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: KubeObject; readonly resourceVersion: string }
  | { readonly type: 'BOOKMARK'; readonly resourceVersion: string }
  | { readonly type: 'ERROR'; readonly code: number; readonly status: string }

/**
 * Parses one line of a watch.
 * @throws SecretSyncError `InvalidResponse`; the message does not contain the line
 */
export function parseWatchEvent(line: string): WatchEvent {
  const event = parseJson(line)
  const object: unknown = event.object
  if (!isRecord(object)) throw invalid('a watch event has no object')
  switch (event.type) {
    case 'ERROR':
      return {
        type: 'ERROR',
        code: typeof object.code === 'number' ? object.code : 500,
        status: JSON.stringify(object),
      }
    case 'BOOKMARK':
      return { type: 'BOOKMARK', resourceVersion: resourceVersionOf(object) }
    case 'ADDED':
    case 'MODIFIED':
    case 'DELETED':
      if (!isKubeObject(object)) throw invalid('the object of a watch event has no name')
      return { type: event.type, object, resourceVersion: resourceVersionOf(object) }
    default:
      throw invalid('a watch event has an unknown type')
  }
}

/**
 * Checks one page of a list.
 * @throws SecretSyncError `InvalidResponse`
 */
export function checkList(body: unknown): KubeList {
  if (!isRecord(body) || !isRecord(body.metadata)) throw invalid('the response is not a list')
  // Go encodes an empty slice of some types as null. A response without items is another object: as a list it would remove all others.
  const items: unknown = body.items === null ? [] : body.items
  if (!Array.isArray(items) || !items.every(isKubeObject)) throw invalid('a list item is not an object with a name')
  return { metadata: body.metadata, items }
}

/** @throws SecretSyncError `InvalidResponse` if it is missing */
export function resourceVersionOf(object: Record<string, unknown>): string {
  const version = isRecord(object.metadata) ? object.metadata.resourceVersion : undefined
  if (typeof version !== 'string' || version === '') throw invalid('a response has no resourceVersion')
  return version
}

function parseJson(line: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(line)
    if (isRecord(value)) return value
  } catch {
    // The message of the parser quotes the line.
  }
  throw invalid('a watch event is not a JSON object')
}

function isKubeObject(value: unknown): value is KubeObject {
  return isRecord(value) && isRecord(value.metadata) && typeof value.metadata.name === 'string'
}

function invalid(message: string): SecretSyncError {
  return new SecretSyncError('InvalidResponse', message)
}
