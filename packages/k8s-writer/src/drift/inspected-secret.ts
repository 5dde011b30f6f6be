import type { ContentDigester, KeyRecord, ObservedSecret, OwnerRecord } from '@ack-secret-manager/core'
import type { KubeObject } from '@ack-secret-manager/k8s-client'
import { type KnownSecret, knownSecretOf } from '../cache/secret-cache-entry.ts'

/** What reading a Secret's content tells. No value is kept. */
export interface InspectedSecret {
  readonly known: KnownSecret
  readonly type: string
  readonly immutable: boolean
  /** Each owner's records with digests of what is really there; without keys that are not. */
  readonly records: ReadonlyMap<string, OwnerRecord>
  /** Recorded keys that hold what was recorded. */
  readonly intact: ReadonlySet<string>
  /** Recorded keys that are absent or hold something else. */
  readonly broken: ReadonlySet<string>
  /** All keys of nobody's record. */
  readonly foreignKeys: ReadonlySet<string>
  /** Some records were made with another digest key, and so could not be compared. */
  readonly isRedigested: boolean
}

/** Compares a whole Secret with its records. */
export function inspectSecret(object: KubeObject, digester: ContentDigester): InspectedSecret {
  const known = knownSecretOf(object)
  const data = new Map(Object.entries(dataOf(object)))
  const records = new Map<string, OwnerRecord>()
  const intact = new Set<string>()
  const broken = new Set<string>()
  const foreignKeys = new Set(data.keys())
  let isRedigested = false
  for (const [name, record] of known.recorded) {
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
      const digest = digester.digest(known.observed.target, key, Buffer.from(text, 'base64'))
      keys.set(key, { secret, versionId, digest })
      if (isComparable) (digest === recorded ? intact : broken).add(key)
    }
    records.set(name, { ...record, keys, digestKeyId: digester.keyId })
  }
  const type = typeof object.type === 'string' ? object.type : 'Opaque'
  const immutable = object.immutable === true
  return { known, type, immutable, records, intact, broken, foreignKeys, isRedigested }
}

/** The contract's view of it, given what is known of it otherwise. */
export function asObserved(
  { type, immutable, records, broken, foreignKeys }: InspectedSecret,
  observed: ObservedSecret,
): ObservedSecret {
  return { ...observed, type, immutable, records, foreignKeys, drifted: [...new Set([...observed.drifted, ...broken])] }
}

function dataOf({ data }: KubeObject): Record<string, string> {
  return typeof data === 'object' && data !== null ? (data as Record<string, string>) : {}
}
