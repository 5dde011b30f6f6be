import type { SecretWriter, UnfinishedReplacement } from '@ack-secret-manager/core'

/**
 * Finishes interrupted replacements of one resource. Needs no values, because the staged Secret has them. After the deletion
 * of a resource with the `Delete` policy, the garbage collector removes both Secrets unless they were orphaned.
 * @returns whether a replacement was finished
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
