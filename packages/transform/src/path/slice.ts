import type { DocumentNode } from '../documents/document.ts'
import type { Budget } from '../budget.ts'

/** `[start:stop:step]` as in Python; null for omitted parts. */
export interface SliceBounds {
  readonly start: number | null
  readonly stop: number | null
  readonly step: number | null
}

/** @param bounds with a step that is not 0 */
export function slice(items: readonly DocumentNode[], bounds: SliceBounds, budget: Budget): DocumentNode[] {
  const step = bounds.step ?? 1
  const forward = step > 0
  // A backward slice may stop before the first item, at -1.
  const [low, high] = forward ? [0, items.length] : [-1, items.length - 1]
  const clamp = (at: number): number => Math.min(Math.max(at < 0 ? at + items.length : at, low), high)
  const start = bounds.start === null ? (forward ? low : high) : clamp(bounds.start)
  const stop = bounds.stop === null ? (forward ? high : low) : clamp(bounds.stop)
  const taken: DocumentNode[] = []
  for (let at = start; forward ? at < stop : at > stop; at += step) taken.push(items[at]!)
  budget.spend(taken.length)
  return taken
}
