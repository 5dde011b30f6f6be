import { LIMITS } from '../schema/limits.ts'

/**
 * The value of `status.lastHandledRefresh` for a value of the annotation. A longer one is cut between characters, because half of
 * one is not stored as it is. Pure.
 */
export function handledRefreshOf(annotation: string): string {
  if (annotation.length <= LIMITS.refreshRequest) return annotation
  const cut = annotation.slice(0, LIMITS.refreshRequest)
  const whole = /[\ud800-\udbff]$/.test(cut) ? cut.slice(0, -1) : cut
  // A copy, because V8 keeps the whole text of a slice.
  return new TextDecoder().decode(new TextEncoder().encode(whole))
}
