import type { Sensitive } from '@ack-secret-manager/core'
import type { PlanEntry } from '../plan/sync-plan.ts'

/** A key that an entry of the plan produced. */
export interface ExtractedKey {
  readonly bytes: Sensitive<Uint8Array>
  /** Without a source if the key was generated. */
  readonly entry: Pick<PlanEntry, 'field' | 'found' | 'secret' | 'shape'> & Partial<Pick<PlanEntry, 'source'>>
  readonly versionId: string
}
