import type { SourceChange } from '../../model/source-reading.ts'

/** A change of a source and the subscribers to notify. */
export interface SourceUpdate {
  readonly change?: SourceChange
  readonly toNotify: readonly string[]
}

/** Shared, because nearly every read ends with it. */
export const NO_UPDATE = { toNotify: [] } as const
