import type { ObservedSecret, SecretWriter } from '@ack-secret-manager/core'
import type { SyncResource } from '../../model/resource.ts'

/** Limit of targets without cached records that are observed. A resource has one target, and few former ones. */
const MAX_OBSERVED = 16

/**
 * The targets of an owner under other names than `except`. Those whose records are not cached are observed.
 * @throws SecretSyncError as {@link SecretWriter.observe}
 */
export async function heldTargets(
  writer: Pick<SecretWriter, 'ownedBy' | 'targetsOf' | 'observe'>,
  { namespace, name }: Pick<SyncResource, 'namespace' | 'name'>,
  signal: AbortSignal,
  except?: string,
): Promise<readonly ObservedSecret[]> {
  const held = writer.ownedBy(namespace, name).filter(({ target }) => target.name !== except)
  const known = new Set([except, ...held.map(({ target }) => target.name)])
  const uncached = (writer.targetsOf?.(namespace, name) ?? []).filter((target) => !known.has(target.name))
  const observed: ObservedSecret[] = []
  for (const target of uncached.slice(0, MAX_OBSERVED)) {
    // oxlint-disable-next-line no-await-in-loop -- at most one request of a resource at a time
    const secret = await writer.observe(target, { signal })
    if (secret?.records.has(name) === true) observed.push(secret)
  }
  return [...held, ...observed]
}
