import { SecretSyncError, type TargetValues } from '@ack-secret-manager/core'
import { ownershipOf } from '../../decide/ownership.ts'
import { ownerOf } from '../../model/resource.ts'
import { type ReconcileContext, targetOf } from './reconcile-context.ts'

/**
 * The values of generated keys: of the target, and of the target under its former name before the first write under the new one.
 * @throws SecretSyncError `Conflict` if the target is being recreated: its values are in its replacement, which must be finished first
 */
export async function heldValues(
  context: ReconcileContext,
): Promise<readonly [target: TargetValues | undefined, former: TargetValues | undefined]> {
  const { generators, resource, spec, writer, signal } = context
  const { namespace, name } = targetOf(resource, spec)
  const options = { signal, keys: generators.map(({ key }) => key) }
  const held = await writer.readValues?.({ namespace, name }, options)
  if (!held && isStaged(context, name))
    throw new SecretSyncError('Conflict', `Secret ${namespace}/${name} is being recreated; retrying after that`)
  if (held?.observed.records.has(resource.name) === true) return [held, undefined]
  const former = writer
    .ownedBy(namespace, resource.name)
    .find((one) => one.target.name !== name && ownershipOf(one, ownerOf(resource)).kind === 'ours')
  return [held, former && (await writer.readValues?.(former.target, options))]
}

function isStaged({ writer, resource }: ReconcileContext, name: string): boolean {
  return [...(writer.unfinished?.(resource) ?? [])].some(({ target }) => target.name === name)
}
