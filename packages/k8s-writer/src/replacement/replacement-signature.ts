import { timingSafeEqual } from 'node:crypto'
import type { ContentDigester, OwnerRecord, TargetRef } from '@ack-secret-manager/core'
import type { PostedSecret } from './posted-secret.ts'

/** What a signature covers. */
export interface SignedReplacement {
  /** The replacement itself: a copy under another name or in another namespace has another signature. */
  readonly place: TargetRef
  readonly ownerName: string
  readonly deletion: OwnerRecord['deletion']
  readonly body: PostedSecret
}

/** No key of a Secret contains a slash, so no digest of a value is a signature. */
const SIGNED_AS = 'replacement/body'

/** Keyed with the digest key, which only the operator reads: users may create Secrets, and must not decide what it creates. */
export function signatureOf(
  { place, ownerName, deletion, body }: SignedReplacement,
  digester: ContentDigester,
): string {
  const { metadata, type, immutable, data } = body
  const { name, labels, annotations, ownerReferences = [] } = metadata
  const references = ownerReferences.map((one) => [
    one.apiVersion,
    one.kind,
    one.name,
    one.uid,
    one.controller ?? null,
    one.blockOwnerDeletion ?? null,
  ])
  const parts = [
    ownerName,
    deletion,
    name,
    type,
    immutable === true,
    references,
    ...[labels, annotations, data].map(rowsOf),
  ]
  return `${digester.keyId}:${digester.digest(place, SIGNED_AS, Buffer.from(JSON.stringify(parts)))}`
}

/** Whether this operator has signed it. */
export function isSigned(
  signature: string | undefined,
  replacement: SignedReplacement,
  digester: ContentDigester,
): boolean {
  const [given, wanted] = [Buffer.from(signature ?? ''), Buffer.from(signatureOf(replacement, digester))]
  return given.length === wanted.length && timingSafeEqual(given, wanted)
}

/** In one order, whatever order the API server gives them. */
function rowsOf(entries: Readonly<Record<string, string>>): readonly (readonly [string, string])[] {
  return Object.entries(entries).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
}
