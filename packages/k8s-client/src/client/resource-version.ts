const DECIMAL = /^[1-9]\d*$/

/**
 * Negative if `a` is older than `b`, 0 if they are equal, positive if it is newer. Within one resource type versions grow
 * (Kubernetes API concepts, "Resource versions"). A version that is not a decimal number counts as newer, so that no change is lost.
 */
export function compareResourceVersions(a: string, b: string): number {
  if (a === b) return 0
  if (!DECIMAL.test(a) || !DECIMAL.test(b)) return 1
  if (a.length !== b.length) return a.length - b.length
  return a < b ? -1 : 1
}
