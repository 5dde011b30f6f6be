import type { OwnerRecord } from '@ack-secret-manager/core'
import type { ObjectMeta } from '@ack-secret-manager/k8s-client'
import { OWNER_ANNOTATION, PROVENANCE_ANNOTATION } from '@ack-secret-manager/resources'
import { MAX_PROVENANCE_BYTES } from '../provenance/provenance.ts'

/** Estimated overhead of a cached name, or of a value in a decoded annotation. Measured with short names. */
const ITEM_BYTES = 72
const REFERENCE_BYTES = 160
/** Number of values in the record of a key, and of an owner without keys. */
const KEY_ITEMS = 3
const OWNER_ITEMS = 5
const COMMA = ','.charCodeAt(0)

type Records = ReadonlyMap<string, OwnerRecord>

/**
 * Estimates the memory of a cache entry in bytes. Counts only the parts whose size the author of the Secret chooses.
 * @param records decoded from the provenance annotation; null if that is invalid, because then nothing of it is kept; undefined to estimate
 * them from its length before decoding, which blocks the event loop
 */
export function entryBytesOf(
  { labels, annotations = {}, managedFields = [], ownerReferences = [] }: ObjectMeta,
  records?: Records | null,
): number {
  let bytes = namesBytes(labels) + namesBytes(annotations)
  const provenance = annotations[PROVENANCE_ANNOTATION]
  if (provenance !== undefined && records !== null && provenance.length <= MAX_PROVENANCE_BYTES) {
    bytes += provenance.length + ITEM_BYTES * (records ? itemsOf(records) : commasOf(provenance))
  }
  bytes += annotations[OWNER_ANNOTATION]?.length ?? 0
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

function itemsOf(records: Records): number {
  let count = 0
  for (const { keys, metadata, found } of records.values()) {
    count += OWNER_ITEMS + KEY_ITEMS * keys.size + (metadata?.names.length ?? 0)
    for (const names of found?.values() ?? []) count += 1 + names.length
  }
  return count
}

function commasOf(text: string): number {
  let count = 0
  for (let at = 0; at < text.length; at += 1) if (text.charCodeAt(at) === COMMA) count += 1
  return count
}
