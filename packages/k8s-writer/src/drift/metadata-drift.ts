import type { TargetRef } from '@ack-secret-manager/core'
import type { ObjectMeta, OwnerReference } from '@ack-secret-manager/k8s-client'
import {
  CONTENT_DIGEST_ANNOTATION,
  MANAGED_BY_LABEL,
  MANAGED_BY_VALUE,
  OWNER_ANNOTATION,
  PROVENANCE_ANNOTATION,
} from '@ack-secret-manager/resources'
import { contentDigestOf } from '../provenance/content-digest-annotation.ts'
import type { ManagedData } from '../provenance/managed-data.ts'
import { isSetAsRecorded } from '../provenance/object-metadata.ts'
import { isCollected, isOurReference, ownerAnnotationOf } from '../provenance/owner-references.ts'
import type { RecordedProvenance } from '../provenance/provenance.ts'

const NO_DRIFT: ReadonlyMap<string, string> = new Map()
const NO_REFERENCES: readonly OwnerReference[] = []

/** Returns the recorded keys that the operator does not own by `managedFields`, with a mark that changes with each write by another manager. */
export function possiblyDriftedKeys(
  recorded: ReadonlySet<string>,
  { ours, theirs, applied }: ManagedData,
  { resourceVersion = '' }: ObjectMeta,
): ReadonlyMap<string, string> {
  const missing = [...recorded].filter((key) => !ours.has(key) || applied.has(key))
  if (missing.length === 0) return NO_DRIFT
  // `managedFields` does not show who wrote the key last (removed, cleared, or applied): treat every resourceVersion as a new edit.
  const markOf = (key: string): string | undefined => (applied.has(key) ? undefined : theirs.get(key))
  return new Map(missing.map((key) => [key, markOf(key) ?? `at ${resourceVersion}`]))
}

/** Whether the labels, annotations or owner references differ from what the provenance annotation records. */
export function isMetadataDrifted(
  metadata: ObjectMeta,
  target: TargetRef,
  provenance: RecordedProvenance | undefined,
): boolean {
  const { labels = {}, annotations = {}, ownerReferences = NO_REFERENCES } = metadata
  const isLabelled = labels[MANAGED_BY_LABEL] === MANAGED_BY_VALUE
  const markers = [PROVENANCE_ANNOTATION, CONTENT_DIGEST_ANNOTATION, OWNER_ANNOTATION]
  if (!provenance) {
    return (
      isLabelled || markers.some((name) => annotations[name] !== undefined) || ownerReferences.some(isOurController)
    )
  }
  if (!isLabelled || annotations[CONTENT_DIGEST_ANNOTATION] !== contentDigestOf(provenance)) return true
  if (annotations[OWNER_ANNOTATION] !== ownerAnnotationOf(provenance.records, target.namespace)) return true
  if (![...provenance.records.values()].every((record) => isSetAsRecorded(metadata, record))) return true
  const referred = new Set(ownerReferences.filter(isOurController).map(({ name }) => name))
  return [...provenance.records].some(([name, record]) => isCollected(record) !== referred.has(name))
}

function isOurController(reference: OwnerReference): boolean {
  return reference.controller === true && isOurReference(reference)
}
