import { LIMITS } from '../schema/limits.ts'

/**
 * The value of `status.lastHandledRefresh` for a value of the annotation. A longer one is cut between characters, because half of
 * one is not stored as it is. Pure.
 */
export function handledRefreshOf(annotation: string): string {
  const cut = annotation.slice(0, LIMITS.refreshRequest)
  const isHalf = cut.length < annotation.length && /[\ud800-\udbff]$/.test(cut)
  return isHalf ? cut.slice(0, -1) : cut
}
