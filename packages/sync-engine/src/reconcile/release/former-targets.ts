import type { ObservedSecret, SecretWriter } from '@ack-secret-manager/core'
import type { SyncResource } from '../../model/resource.ts'
import { heldTargets } from './held-targets.ts'

/**
 * The targets that the resource has had under other names than `wanted` and has not released yet. The last one is read if the cache does
 * not have its records: its watch may be behind, and generated values would be lost.
 * @throws SecretSyncError as {@link SecretWriter.observe}
 */
export async function formerTargets(
  writer: Pick<SecretWriter, 'ownedBy' | 'targetsOf' | 'observe'>,
  { namespace, name, status }: Pick<SyncResource, 'namespace' | 'name' | 'status'>,
  wanted: string,
  signal: AbortSignal,
): Promise<readonly ObservedSecret[]> {
  const former = await heldTargets(writer, { namespace, name }, signal, wanted)
  const last = status?.target?.name
  if (last === undefined || last === wanted || former.some(({ target }) => target.name === last)) return former
  const observed = await writer.observe({ namespace, name: last }, { signal, fresh: true })
  return observed?.records.has(name) === true ? [...former, observed] : former
}
