import { SecretSyncError } from '@ack-secret-manager/core'
import type { Document } from '../documents/document.ts'
import { TRANSFORM_LIMITS } from '../limits.ts'
import { nodeBytes } from '../documents/node-bytes.ts'
import { WorkBudget } from '../work-budget.ts'

/**
 * Every top-level member of a mapping, in the document's order: strings as their UTF-8 bytes, numbers, booleans and nulls as written in the
 * document, anything nested as compact JSON.
 * @throws SecretSyncError `NotADocument` when the document is a list | `TooLarge`
 */
export function extractMembers(document: Document, work: WorkBudget = new WorkBudget()): Map<string, Uint8Array> {
  const { root } = document
  if (!(root instanceof Map)) {
    throw new SecretSyncError('NotADocument', 'the document is a list; only the members of a mapping can become keys')
  }
  if (root.size > TRANSFORM_LIMITS.keys) {
    throw new SecretSyncError(
      'TooLarge',
      `the document has ${root.size} members; ${TRANSFORM_LIMITS.keys} can become keys`,
    )
  }
  return new Map([...root].map(([name, node]) => [name, nodeBytes(node, work.output)]))
}
