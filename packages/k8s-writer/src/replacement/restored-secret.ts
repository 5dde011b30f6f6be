import type { OwnerRecord } from '@ack-secret-manager/core'
import {
  APP_MANAGED_BY_LABEL,
  CONTENT_DIGEST_ANNOTATION,
  MANAGED_BY_LABEL,
  OWNER_ANNOTATION,
  PROVENANCE_ANNOTATION,
  REPLACEMENT_PREFIX,
  whyReserved,
} from '@ack-secret-manager/resources'
import { isCollected, isOurReference } from '../provenance/owner-references.ts'
import type { PostedSecret } from './posted-secret.ts'
import { decodeProvenance } from '../provenance/provenance.ts'

const OUR_LABELS: ReadonlySet<string> = new Set([MANAGED_BY_LABEL, APP_MANAGED_BY_LABEL])
const OUR_ANNOTATIONS: ReadonlySet<string> = new Set([
  PROVENANCE_ANNOTATION,
  CONTENT_DIGEST_ANNOTATION,
  OWNER_ANNOTATION,
])

/**
 * Returns why a new Secret of that owner must not have the staged metadata; undefined if it may. A valid signature is not enough,
 * because an earlier version of the operator with other rules may have signed it.
 */
export function whyNotRestored(
  { metadata, type }: PostedSecret,
  ownerName: string,
  deletion: OwnerRecord['deletion'],
): string | undefined {
  const { labels, annotations, ownerReferences = [] } = metadata
  if (metadata.name.startsWith(REPLACEMENT_PREFIX)) return 'has a name that is reserved for replacements'
  const names = (part: string, given: object, ours: ReadonlySet<string>): readonly [string, string][] =>
    Object.keys(given).flatMap((name) => (ours.has(name) ? [] : [[part, name]]))
  for (const [part, name] of [
    ...names('label', labels, OUR_LABELS),
    ...names('annotation', annotations, OUR_ANNOTATIONS),
  ]) {
    const why = whyReserved(name)
    if (why !== undefined) return `has ${part} ${name}: ${why}`
  }
  const provenance = decodeProvenance(annotations[PROVENANCE_ANNOTATION] ?? '', metadata)
  const record = provenance?.records.get(ownerName)
  if (!record || provenance?.type !== type || record.deletion !== deletion) return 'and its record do not match'
  const ours = ownerReferences.filter((reference) => isOurReference(reference)).map(({ name }) => name)
  const isReferred = isCollected(record) ? ours.length === 1 && ours[0] === ownerName : ours.length === 0
  return isReferred ? undefined : 'and its ownerReferences do not match'
}
