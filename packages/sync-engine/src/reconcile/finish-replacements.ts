import type { SecretWriter, UnfinishedReplacement } from '@ack-secret-manager/core'

/**
 * Ends what an interrupted replacement has left of the targets of one resource. Needs no values: what was laid by has them.
 * Where the resource is gone, and takes its target along, the garbage collector has both, unless they were orphaned.
 * @returns whether there was something to end
 * @throws SecretSyncError as the writer
 */
export async function finishReplacements(
  writer: SecretWriter,
  owner: { readonly namespace: string; readonly name: string },
  resource: 'exists' | 'deleted',
  signal: AbortSignal,
): Promise<boolean> {
  const unfinished = (): readonly UnfinishedReplacement[] => [...(writer.unfinished?.(owner) ?? [])]
  const before = unfinished()
  for (const { target, ownerName, deletion, orphaned } of before) {
    if (resource === 'deleted' && deletion === 'delete' && !orphaned) continue
    await writer.apply({ kind: 'finish', target, ownerName }, { signal })
  }
  return before.length > 0 && unfinished().length < before.length
}
