import type { FoundObject } from './retrying-api.ts'

/** Operator metadata to remove from a Secret: one entry, all labels, all annotations, or everything. */
export const REMOVED_METADATA = ['one', 'labels', 'annotations', 'all'] as const
/** One of {@link REMOVED_METADATA}. */
export type RemovedMetadata = (typeof REMOVED_METADATA)[number]

const OURS = /^(?:alibabacloud\.com\/|app\.kubernetes\.io\/managed-by$)/

type Part = 'labels' | 'annotations'

/** A merge patch that removes labels and annotations of the operator. @param at index of the entry, modulo their number */
export function removalPatch({ metadata }: FoundObject, what: RemovedMetadata, at: number): object {
  const ours = (['labels', 'annotations'] as const).flatMap((part) =>
    Object.keys(metadata[part] ?? {})
      .filter((name) => OURS.test(name))
      .toSorted()
      .map((name): readonly [Part, string] => [part, name]),
  )
  const removed = what === 'one' ? ours.filter((_, index) => index === at % ours.length) : ours
  const nulls = (part: Part): Record<string, null> =>
    Object.fromEntries(removed.filter(([each]) => each === part).map(([, name]) => [name, null]))
  return {
    metadata: {
      ...(what === 'annotations' ? {} : { labels: nulls('labels') }),
      ...(what === 'labels' ? {} : { annotations: nulls('annotations') }),
    },
  }
}
