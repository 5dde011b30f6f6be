import { APPLIED_METADATA_ANNOTATION } from '@ack-secret-manager/resources'

type Texts = Readonly<Record<string, string>>

/** Labels and annotations of an object. */
export interface AppliedMetadata {
  readonly labels: Texts
  readonly annotations: Texts
}

/**
 * Adds an annotation that lists the applied keys. managedFields cannot replace it, because they attribute edits of an admission
 * webhook to this operator.
 */
export function withAppliedKeys({ labels, annotations }: AppliedMetadata): AppliedMetadata {
  const keys = { labels: Object.keys(labels).toSorted(), annotations: Object.keys(annotations).toSorted() }
  return { labels, annotations: { ...annotations, [APPLIED_METADATA_ANNOTATION]: JSON.stringify(keys) } }
}

/** Merges the desired labels and annotations into the present ones, and prunes keys that were applied before. */
export function mergeMetadata(present: AppliedMetadata, desired: AppliedMetadata): AppliedMetadata {
  const before = parseKeys(present.annotations[APPLIED_METADATA_ANNOTATION])
  const merge = (map: 'labels' | 'annotations'): Texts => {
    const kept = Object.entries(present[map]).filter(([key]) => !before[map].has(key))
    return { ...Object.fromEntries(kept), ...desired[map] }
  }
  return { labels: merge('labels'), annotations: merge('annotations') }
}

/** An unreadable annotation lists no keys, so nothing is pruned. */
function parseKeys(text: string | undefined): Readonly<Record<'labels' | 'annotations', ReadonlySet<unknown>>> {
  const none = { labels: new Set(), annotations: new Set() }
  if (text === undefined) return none
  try {
    const { labels, annotations } = JSON.parse(text) as { labels?: unknown; annotations?: unknown }
    return {
      labels: new Set(Array.isArray(labels) ? labels : []),
      annotations: new Set(Array.isArray(annotations) ? annotations : []),
    }
  } catch {
    return none
  }
}
