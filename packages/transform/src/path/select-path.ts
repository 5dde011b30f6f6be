import { SecretSyncError } from '@ack-secret-manager/core'
import type { Budget } from '../budget.ts'
import type { CompiledPath } from './compile-path.ts'
import type { Document, DocumentNode } from '../documents/document.ts'
import { nodeBytes } from '../documents/node-bytes.ts'
import { isNull } from './node-values.ts'
import { PathFailure } from './path-failure.ts'
import { shorten } from '../shorten.ts'
import { WorkBudget } from '../work-budget.ts'

/**
 * Bytes of the selected value: a string as UTF-8, a number or boolean as written in the document, anything
 * nested as compact JSON. JMESPath cannot tell an explicit null from an absent member: neither is a value. A projection
 * that matches no item is the empty list `[]`; append `| [0]` to make it fail.
 * @throws SecretSyncError `PathNotFound` when the path matches nothing, or an argument of a function has the wrong
 * type | `TooLarge` when the result, or the work of the resource, goes over the limits
 */
export function selectPath(document: Document, path: CompiledPath, work: WorkBudget = new WorkBudget()): Uint8Array {
  const node = evaluate(document.root, path, work.paths)
  if (isNull(node))
    throw new SecretSyncError('PathNotFound', `path ${shorten(path.expression)} matches nothing in the document`)
  return nodeBytes(node, work.output)
}

function evaluate(root: DocumentNode, path: CompiledPath, budget: Budget): DocumentNode {
  try {
    return path.evaluate(root, budget)
  } catch (error) {
    if (!(error instanceof PathFailure)) throw error
    throw new SecretSyncError('PathNotFound', `path ${shorten(path.expression)} has no result: ${error.message}`)
  }
}
