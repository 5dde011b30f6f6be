import type { Completions } from '@ack-secret-manager/command-line'

/** A word whose candidates are not in the table of flags. */
export type SourceRequest = Extract<Completions, { kind: 'source' }>
