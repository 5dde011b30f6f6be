/* oxlint-disable vitest/no-standalone-expect -- called by the cases of the contract */
import type { ObservedSecret, Owner, OwnerRecord, TargetAction, TargetRef } from '@ack-secret-manager/core'
import { expect } from 'vitest'
import type { ContractCase } from '../contract-case.ts'
import { createOf, recordFor, there } from './writer-actions.ts'
import type { WriterAbility, WriterHarness } from './writer-harness.ts'

/** A harness and an unused target name. */
export interface WriterTarget {
  readonly harness: WriterHarness
  readonly target: TargetRef
}

/** The same after a first write. */
export interface Written extends WriterTarget {
  readonly owner: Owner
  readonly observed: ObservedSecret
  readonly record: OwnerRecord
}

export type TargetCase = ContractCase<WriterTarget, WriterAbility>
export type WrittenCase = ContractCase<Written, WriterAbility>

export const { signal } = new AbortController()

/** Content of a target after the first write. */
export const VALUES = { a: '1', b: '2', c: '3' }

/** A first write. */
export async function write(
  writerTarget: WriterTarget,
  values: Readonly<Record<string, string>>,
  more: Partial<OwnerRecord> = {},
): Promise<Written> {
  const { harness, target } = writerTarget
  const owner = await harness.owner(`${target.name}-owner`)
  const observed = there(await harness.writer.apply(createOf(harness, target, owner, values, more), { signal }))
  return { ...writerTarget, owner, observed, record: recordFor(harness.digester, target, values, more) }
}

export async function expectConflict({ writer }: WriterHarness, action: TargetAction): Promise<void> {
  await expect(writer.apply(action, { signal })).rejects.toMatchObject({ code: 'Conflict' })
}
