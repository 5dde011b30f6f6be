const DECIMAL = /^[1-9]\d*$/

/**
 * Negative when `a` is older than `b`, 0 when they are the same, positive when it is newer. Kubernetes API concepts,
 * "Resource versions": those of one resource type grow. Versions that are no decimal numbers count as newer, so that nothing is passed over.
 */
export function compareResourceVersions(a: string, b: string): number {
  if (a === b) return 0
  if (!DECIMAL.test(a) || !DECIMAL.test(b)) return 1
  if (a.length !== b.length) return a.length - b.length
  return a < b ? -1 : 1
}
