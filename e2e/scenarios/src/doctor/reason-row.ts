import type { GuidedKind } from '@ack-secret-manager/resources'
import type { BrokenThings } from './broken-things.ts'

/** One reason: how it comes about, and what doctor says about it. */
export interface ReasonRow {
  readonly kind: Exclude<GuidedKind, 'PushSecret'>
  /** @default Ready */
  readonly condition?: string
  readonly reason: string
  /** Makes the resource. Its name is that of the row. */
  readonly make: (things: BrokenThings) => Promise<void>
  /** Waits for the condition if it is not the one that decides, and breaks what works. @default nothing */
  readonly spoil?: (things: BrokenThings) => Promise<void>
  readonly status: 'ok' | 'failed' | 'skipped'
  /** The cause, as the finding tells it. */
  readonly cause: RegExp
  /** The action; of a skipped finding, what its text says to do. Absent if there is nothing to do. */
  readonly action?: RegExp
}

/** Name of the resources of a row. */
export function nameOf({ kind, condition = 'Ready', reason }: ReasonRow): string {
  const suffix = {
    ExternalSecret: '',
    SecretStore: condition === 'Ready' ? '-store' : '-cond',
    ClusterExternalSecret: '-ces',
  }
  return `${reason.toLowerCase()}${suffix[kind]}`
}
