import type { SourceChange } from '../model/source-reading.ts'

/** What changed by the end of a read, and the subscribers to notify. */
export interface Settled {
  readonly change?: SourceChange
  readonly told: readonly string[]
}

/** Shared, because nearly every read ends with it. */
export const NOTHING = { told: [] } as const
