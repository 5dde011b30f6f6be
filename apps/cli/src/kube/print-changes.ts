import type { CommandIo } from '@ack-secret-manager/command-line'
import type { SecretSyncError } from '@ack-secret-manager/core'
import { labelOf } from '@ack-secret-manager/resource-view'
import type { ResourceKind } from '@ack-secret-manager/resources'
import { type Paint, paintFor } from '../output/style.ts'
import { printable } from '../output/printable.ts'
import { jsonText } from '../output/json-text.ts'

/** What a command did with one resource. */
export interface ChangeResult {
  readonly kind: ResourceKind
  readonly namespace: string
  readonly name: string
  /** `failed` and `refused` make the exit code 1. */
  readonly result: 'done' | 'unchanged' | 'failed' | 'refused'
  /** What happened, as the end of a sentence that begins with the resource. */
  readonly message: string
}

/** The result of a resource that could not be changed. */
export function failedChange(
  resource: Pick<ChangeResult, 'kind' | 'namespace' | 'name'>,
  { message }: SecretSyncError,
): ChangeResult {
  const { kind, namespace, name } = resource
  // The message starts with the resource, as the line does.
  const label = `${labelOf(resource)}: `
  return {
    kind,
    namespace,
    name,
    result: 'failed',
    message: message.startsWith(label) ? message.slice(label.length) : message,
  }
}

/** Prints the results, one line or one JSON document. @returns the exit code */
export function printChanges(results: readonly ChangeResult[], output: 'human' | 'json', io: CommandIo): number {
  if (output === 'json') io.stdout.write(jsonText({ resources: results }))
  else {
    const paint = paintFor(io)
    for (const each of results) io.stdout.write(`${changeLine(each, paint)}\n`)
  }
  return results.some(({ result }) => result === 'failed' || result === 'refused') ? 1 : 0
}

/** `✓ ExternalSecret prod/web: suspended` */
export function changeLine(change: ChangeResult, paint: Paint): string {
  const mark = { done: paint('green', '✓'), unchanged: '-', failed: paint('red', '✗'), refused: paint('red', '✗') }
  return `${mark[change.result]} ${printable(`${labelOf(change)}: ${change.message}`)}`
}
