import { SecretSyncError } from '@ack-secret-manager/core'
import type { Document } from './document.ts'
import { TRANSFORM_LIMITS } from './limits.ts'
import { nodeBytes } from './node-bytes.ts'

/**
 * Every top-level member of a mapping, in the document's order: strings as their UTF-8 bytes, numbers, booleans and
 * nulls in the text they were written in, anything nested as compact JSON.
 * @throws SecretSyncError `NotADocument` when the document is a list | `TooLarge`
 */
export function extractMembers(document: Document): Map<string, Uint8Array> {
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
  const entries = new Map<string, Uint8Array>()
  let size = 0
  for (const [name, node] of root) {
    const bytes = nodeBytes(node)
    size += bytes.length
    if (size > TRANSFORM_LIMITS.outputBytes) {
      throw new SecretSyncError('TooLarge', `the members come to more than ${TRANSFORM_LIMITS.outputBytes} bytes`)
    }
    entries.set(name, bytes)
  }
  return entries
}
