import { type Flags, variableOf } from '@ack-secret-manager/command-line'
import type { Failure } from '../failure.ts'
import { jsonText } from './json-text.ts'

const OUTPUT = 'output'

/**
 * Whether a command line asks for JSON. Also tells for one that cannot be parsed, because a script expects a document then, too.
 * @param flags of the command
 */
export function wantsJson(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  flags: Flags,
): boolean {
  if (flags[OUTPUT]?.choices?.includes('json') !== true) return false
  const end = argv.indexOf('--')
  const words = end === -1 ? argv : argv.slice(0, end)
  const given = words.flatMap((word, at) => {
    if (word === '-o' || word === `--${OUTPUT}`) return words[at + 1] ?? []
    return /^(?:-o|--output=)(.*)$/.exec(word)?.[1] ?? []
  })
  return (given.at(-1) ?? env[variableOf(OUTPUT)]) === 'json'
}

/** The document of a failure: `{"error":{"code":"NotFound","message":"…","requestId":"…"}}`. */
export function errorDocument({ lines, code, requestId }: Failure): string {
  const [message = ''] = lines
  const more = lines.length > 1 ? { problems: lines } : {}
  return jsonText({ error: { code, message, ...(requestId === undefined ? {} : { requestId }), ...more } })
}
