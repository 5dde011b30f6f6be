import type { CommandIo } from '@ack-secret-manager/command-line'
import { type Paint, paintFor } from '../output/style.ts'
import { type Cell, table } from '../output/table.ts'
import { isFailure, messageOf, type ResourceResult } from './resource-result.ts'
import { jsonText } from '../output/json-text.ts'

const HEADER = ['NAMESPACE', 'NAME', 'READY', 'REASON', 'KEYS', 'MESSAGE']

/** Prints the results of the resources: a table, or one JSON document. */
export function printResults(results: readonly ResourceResult[], output: 'human' | 'json', io: CommandIo): void {
  if (output === 'json') {
    io.stdout.write(jsonText({ resources: results }))
    return
  }
  const paint = paintFor(io)
  const header = HEADER.map((text): Cell => ({ text, paint: (shown) => paint('bold', shown) }))
  io.stdout.write(table([header, ...results.map((result) => row(result, paint))]))
}

function row(result: ResourceResult, paint: Paint): readonly Cell[] {
  const { namespace, name, ready, reason, keys } = result
  const colour = ready ? 'green' : isFailure(result) ? 'red' : 'yellow'
  return [
    { text: namespace },
    { text: name },
    { text: ready ? 'True' : 'False', paint: (text) => paint(colour, text) },
    { text: reason },
    { text: String(keys.length) },
    { text: messageOf(result) },
  ]
}
