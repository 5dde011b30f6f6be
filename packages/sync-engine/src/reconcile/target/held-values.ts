import { type ObservedSecret, SecretSyncError, type TargetRef, type TargetValues } from '@ack-secret-manager/core'
import { ownershipOf } from '../../ownership/ownership.ts'
import { formerTargets } from '../release/former-targets.ts'
import { usableValues } from '../../decide/usable-values.ts'
import type { TargetPolicy } from '../../model/desired-secret.ts'
import { ownerOf } from '../../model/resource.ts'
import { type ReconcileContext, targetOf } from './reconcile-context.ts'

/** Values that generated keys may take. */
export interface HeldValues {
  /** State of the target; undefined if it does not exist. */
  readonly current: ObservedSecret | undefined
  /** Of the target, and of those under its former names that are not released yet. */
  readonly targets: readonly TargetValues[]
}

/**
 * The values of generated keys that the targets of the resource have.
 * @throws SecretSyncError `Conflict` if a target is being recreated: its values are in its replacement, which must be finished first;
 * `WriteFailed` with the cause if that fails
 */
export async function heldValues(
  context: ReconcileContext,
  policy: Pick<TargetPolicy, 'creation' | 'adopt' | 'formerOwners'>,
): Promise<HeldValues> {
  const { generators, resource, spec, writer, signal } = context
  const { namespace, name } = targetOf(resource, spec)
  const options = { signal, keys: generators.map(({ key }) => key) }
  const owner = ownerOf(resource)
  const held = await writer.readValues?.({ namespace, name }, options)
  const others = await formerTargets(writer, resource, name, signal)
  const former = others.filter((one) => ownershipOf(one, owner).kind === 'ours')
  const targets = held ? [usableValues(held, owner, policy)] : []
  for (const { target } of former) {
    const values = await writer.readValues?.(target, options)
    if (values) targets.push(usableValues(values, owner, policy))
  }
  if (targets.every(({ observed }) => !observed.records.has(resource.name))) {
    const [staged] = writer.unfinished?.(resource) ?? []
    if (staged) throw unfinished(staged.target, context.finishError)
  }
  return { current: held?.observed, targets }
}

function unfinished({ namespace, name }: TargetRef, cause: SecretSyncError | undefined): SecretSyncError {
  const what = `Secret ${namespace}/${name} is being recreated`
  if (!cause) return new SecretSyncError('Conflict', `${what}; retrying after that`)
  return new SecretSyncError('WriteFailed', `${what}, which fails: ${cause.message}`, { cause, facts: cause.facts })
}
