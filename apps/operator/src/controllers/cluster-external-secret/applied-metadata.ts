import { APPLIED_METADATA_ANNOTATION } from '@ack-secret-manager/resources'

type Texts = Readonly<Record<string, string>>

/** Labels and annotations of an object. */
export interface AppliedMetadata {
  readonly labels: Texts
  readonly annotations: Texts
}

/**
 * The same with an annotation that remembers which they are. What the API server knows of who wrote what does not do: an
 * admission webhook writes in our name.
 */
export function remembered({ labels, annotations }: AppliedMetadata): AppliedMetadata {
  const keys = { labels: Object.keys(labels).toSorted(), annotations: Object.keys(annotations).toSorted() }
  return { labels, annotations: { ...annotations, [APPLIED_METADATA_ANNOTATION]: JSON.stringify(keys) } }
}

/** Those that an object should have, on top of what others put there; what was applied before and is wanted no more goes. */
export function merged(present: AppliedMetadata, wanted: AppliedMetadata): AppliedMetadata {
  const before = parseKeys(present.annotations[APPLIED_METADATA_ANNOTATION])
  const merge = (map: 'labels' | 'annotations'): Texts => {
    const kept = Object.entries(present[map]).filter(([key]) => !before[map].includes(key))
    return { ...Object.fromEntries(kept), ...wanted[map] }
  }
  return { labels: merge('labels'), annotations: merge('annotations') }
}

/** What cannot be read names nothing: then nothing is taken away. */
function parseKeys(text: string | undefined): Readonly<Record<'labels' | 'annotations', readonly unknown[]>> {
  const none = { labels: [], annotations: [] }
  if (text === undefined) return none
  try {
    const { labels, annotations } = JSON.parse(text) as { labels?: unknown; annotations?: unknown }
    return {
      labels: Array.isArray(labels) ? labels : [],
      annotations: Array.isArray(annotations) ? annotations : [],
    }
  } catch {
    return none
  }
}
