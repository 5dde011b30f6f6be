import { timingSafeEqual } from 'node:crypto'
import type { ContentDigester, OwnerRecord, TargetRef } from '@ack-secret-manager/core'
import type { PostedSecret } from './posted-secret.ts'

/** Content of a signature. */
export interface SignedReplacement {
  /** Name of the replacement, so that a copy elsewhere has no valid signature. */
  readonly location: TargetRef
  readonly ownerName: string
  readonly deletion: OwnerRecord['deletion']
  readonly body: PostedSecret
}

/** Keys of Secrets contain no slash, so no digest of a value is a valid signature. */
const SIGNED_AS = 'replacement/body'

/** Signature with the digest key, which only the operator can read. It prevents users from forging replacements. */
export function signatureOf(
  { location, ownerName, deletion, body }: SignedReplacement,
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
    ...[labels, annotations, data.expose()].map(rowsOf),
  ]
  return `${digester.keyId}:${digester.digest(location, SIGNED_AS, Buffer.from(JSON.stringify(parts)))}`
}

/** Whether the signature is valid. */
export function isSigned(
  signature: string | undefined,
  replacement: SignedReplacement,
  digester: ContentDigester,
): boolean {
  const [actual, expected] = [Buffer.from(signature ?? ''), Buffer.from(signatureOf(replacement, digester))]
  return actual.length === expected.length && timingSafeEqual(actual, expected)
}

/** Sorts the entries, because the API server can return them in any order. */
function rowsOf(entries: Readonly<Record<string, string>>): readonly (readonly [string, string])[] {
  return Object.entries(entries).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
}
