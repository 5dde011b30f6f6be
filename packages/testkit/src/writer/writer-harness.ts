import type { ContentDigester, Owner, SecretWriter, TargetRef } from '@ack-secret-manager/core'

/** Abilities that some tests of writers lack. */
export const WRITER_ABILITIES = ['count', 'another'] as const

/**
 * - `count`: `writes()` returns the number of received writes
 * - `another`: `another()` opens a second writer for the same targets
 */
export type WriterAbility = (typeof WRITER_ABILITIES)[number]

/** A writer, and the test's access to its targets. */
export interface WriterHarness {
  /** The contract does not close it. */
  readonly writer: SecretWriter
  readonly digester: ContentDigester
  readonly namespace: string
  owner(name: string): Promise<Owner>
  /** What a workload reads; undefined if the target does not exist. */
  read(target: TargetRef): Promise<Record<string, string> | undefined>
  /** Another client changes a key, or removes it. */
  edit(target: TargetRef, key: string, value: string | undefined): Promise<void>
  /** Writes received so far. */
  writes?(): number
  /** A second writer for the same targets, with the same digester. The contract closes it. */
  another?(): Promise<SecretWriter>
}
