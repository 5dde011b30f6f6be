import type { ContentDigester, Owner, SecretWriter, TargetRef } from '@ack-secret-manager/core'

/** What not every test of a writer can do. */
export const WRITER_ABILITIES = ['count', 'another'] as const

/**
 * - `count`: `writes()` tells how many writes have arrived at the target's place
 * - `another`: `another()` opens a second writer for the same place
 */
export type WriterAbility = (typeof WRITER_ABILITIES)[number]

/** One writer and the place that it writes to, as somebody else sees it. */
export interface WriterHarness {
  /** Stays the harness's: the contract does not close it. */
  readonly writer: SecretWriter
  /** That the writer was given. */
  readonly digester: ContentDigester
  readonly namespace: string
  owner(name: string): Promise<Owner>
  /** What a workload reads; undefined when there is nothing. */
  read(target: TargetRef): Promise<Record<string, string> | undefined>
  /** Somebody else changes a key, or removes it. */
  edit(target: TargetRef, key: string, value: string | undefined): Promise<void>
  /** Writes that have arrived so far. */
  writes?(): number
  /** A second writer for the same place, with the same digester. The contract closes it. */
  another?(): Promise<SecretWriter>
}
