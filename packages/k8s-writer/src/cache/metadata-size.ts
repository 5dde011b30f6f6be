import type { ObjectMeta } from '@ack-secret-manager/k8s-client'
import { OWNER_ANNOTATION, PROVENANCE_ANNOTATION, REPLACEMENT_ANNOTATION } from '@ack-secret-manager/resources'

/** Estimated memory of a cached name, or of a value of a decoded annotation, besides its text. Measured with tiny names. */
const ITEM_BYTES = 72
const REFERENCE_BYTES = 160
const COMMA = ','

/**
 * Estimated memory of the cache entry of a Secret, in bytes, of the parts whose size its writer chooses. It is calculated before
 * annotations are decoded, because decoding blocks the event loop.
 */
export function entryBytesOf({
  labels,
  annotations = {},
  managedFields = [],
  ownerReferences = [],
}: ObjectMeta): number {
  let bytes = namesBytes(labels) + namesBytes(annotations)
  const provenance = annotations[PROVENANCE_ANNOTATION]
  if (provenance !== undefined) bytes += provenance.length + ITEM_BYTES * countOf(provenance, COMMA)
  for (const name of [OWNER_ANNOTATION, REPLACEMENT_ANNOTATION]) bytes += annotations[name]?.length ?? 0
  for (const { manager = '', time = '', fieldsV1 } of managedFields) {
    bytes += manager.length + time.length
    const data = fieldsV1?.['f:data']
    if (typeof data === 'object' && data !== null) bytes += namesBytes(data)
  }
  for (const { apiVersion, kind, name, uid } of ownerReferences) {
    bytes += REFERENCE_BYTES + apiVersion.length + kind.length + name.length + uid.length
  }
  return bytes
}

function namesBytes(map: object = {}): number {
  let bytes = 0
  for (const name of Object.keys(map)) bytes += ITEM_BYTES + name.length
  return bytes
}

function countOf(text: string, part: string): number {
  let count = 0
  for (let at = text.indexOf(part); at !== -1; at = text.indexOf(part, at + 1)) count += 1
  return count
}
