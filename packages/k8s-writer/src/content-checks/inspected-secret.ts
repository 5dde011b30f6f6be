import {
  type Clock,
  type ContentDigester,
  type KeyRecord,
  type ObservedSecret,
  type OwnerRecord,
  Sensitive,
  type TimeShare,
} from '@ack-secret-manager/core'
import type { KubeObject } from '@ack-secret-manager/k8s-client'
import { type SecretCacheEntry, cacheEntryOf } from '../cache/secret-cache-entry.ts'
import { dataOf } from '../replacement/posted-secret.ts'

/** Result of comparing the content of a Secret with its records. Contains no value. */
export interface InspectedSecret {
  readonly entry: SecretCacheEntry
  readonly type: string
  readonly immutable: boolean
  /** Records by owner, with digests of the actual content and without missing keys. */
  readonly records: ReadonlyMap<string, OwnerRecord>
  /** Recorded keys with the recorded content. */
  readonly intact: ReadonlySet<string>
  /** Recorded keys that are missing or have other content. */
  readonly broken: ReadonlySet<string>
  /** Keys without a record. */
  readonly foreignKeys: ReadonlySet<string>
  /** Some records have another digest key and cannot be compared. */
  readonly isRedigested: boolean
}

/** Compares a whole Secret with its records. */
export function inspectSecret(object: KubeObject, digester: ContentDigester): InspectedSecret {
  const entry = cacheEntryOf(object)
  const data = dataOf(object)
  const records = new Map<string, OwnerRecord>()
  const intact = new Set<string>()
  const broken = new Set<string>()
  const foreignKeys = new Set(data.keys())
  let isRedigested = false
  for (const [name, record] of entry.recorded) {
    const isComparable = record.digestKeyId === digester.keyId
    isRedigested ||= !isComparable
    const keys = new Map<string, KeyRecord>()
    for (const [key, { secret, versionId, digest: recorded }] of record.keys) {
      foreignKeys.delete(key)
      const text = data.get(key)
      if (text === undefined) {
        broken.add(key)
        continue
      }
      const digest = digester.digest(entry.observed.target, key, Buffer.from(text, 'base64'))
      keys.set(key, { secret, versionId, digest })
      if (isComparable) (digest === recorded ? intact : broken).add(key)
    }
    records.set(name, { ...record, keys, digestKeyId: digester.keyId })
  }
  const type = typeof object.type === 'string' ? object.type : 'Opaque'
  const immutable = object.immutable === true
  return { entry, type, immutable, records, intact, broken, foreignKeys, isRedigested }
}

export interface InspectionOptions {
  readonly digester: ContentDigester
  readonly clock: Clock
  /** Time for large metadata, by namespace. */
  readonly decodeTime: TimeShare
}

/** Like {@link inspectSecret}, and charges the time for large metadata to the namespace. */
export function inspectTimed(object: KubeObject, { digester, clock, decodeTime }: InspectionOptions): InspectedSecret {
  const sinceMs = clock.monotonic()
  const inspected = inspectSecret(object, digester)
  const { observed, excessBytes } = inspected.entry
  if (excessBytes > 0) decodeTime.add(observed.target.namespace, clock.monotonic() - sinceMs)
  return inspected
}

/** Merges the result into the observed Secret. */
export function asObserved(
  { type, immutable, records, broken, foreignKeys }: InspectedSecret,
  observed: ObservedSecret,
): ObservedSecret {
  return { ...observed, type, immutable, records, foreignKeys, drifted: [...new Set([...observed.drifted, ...broken])] }
}

/** Returns the values of those `keys` that the Secret has. */
export function valuesOf(object: KubeObject, keys: readonly string[]): ReadonlyMap<string, Sensitive<Uint8Array>> {
  const data = dataOf(object)
  const found = keys.filter((key) => data.has(key))
  return new Map(found.map((key) => [key, new Sensitive<Uint8Array>(Buffer.from(data.get(key) ?? '', 'base64'))]))
}
