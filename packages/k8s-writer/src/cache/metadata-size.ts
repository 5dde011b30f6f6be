import type { OwnerRecord } from '@ack-secret-manager/core'
import type { ObjectMeta } from '@ack-secret-manager/k8s-client'
import { OWNER_ANNOTATION, PROVENANCE_ANNOTATION } from '@ack-secret-manager/resources'
import { MAX_PROVENANCE_BYTES } from '../provenance/provenance.ts'

/** Estimated memory of a cached name, or of a value of a decoded annotation, besides its text. Measured with tiny names. */
const ITEM_BYTES = 72
const REFERENCE_BYTES = 160
/** Items of the record of a key, and of an owner without keys. */
const KEY_ITEMS = 3
const OWNER_ITEMS = 5
const COMMA = ','.charCodeAt(0)

type Records = ReadonlyMap<string, OwnerRecord>

/**
 * Estimated memory of the cache entry of a Secret, in bytes, of the parts whose size its writer chooses.
 * @param records decoded from the provenance annotation; null if it is invalid, because then nothing of it is kept. Undefined before it is
 * decoded: the estimate shows whether decoding, which blocks the event loop, is worthwhile
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
