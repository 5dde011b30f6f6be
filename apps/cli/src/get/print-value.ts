import { type CommandIo, type FlagValues, UsageError } from '@ack-secret-manager/command-line'
import type { SecretValue } from '@ack-secret-manager/core'
import type { GET_FLAGS } from './get-flags.ts'
import { printable } from '../output/printable.ts'
import { shown } from '../output/terminal-stream.ts'
import { jsonText } from '../output/json-text.ts'

/** How to print a value. */
export interface PrintOptions extends Pick<FlagValues<typeof GET_FLAGS>, 'field' | 'raw' | 'output'> {
  readonly name: string
}

/** Prints a value, or a field of its metadata. @throws UsageError for binary ones on a terminal */
export function printValue(value: SecretValue, { name, field, raw, output }: PrintOptions, io: CommandIo): void {
  if (output === 'json') {
    const facts = factsOf(name, value)
    const document = field === 'value' ? { ...facts, ...encoded(value) } : { [field]: facts[field] ?? null }
    io.stdout.write(jsonText(document))
    return
  }
  if (field !== 'value') {
    const fact = factsOf(name, value)[field]
    io.stdout.write(typeof fact === 'string' ? `${printable(fact)}\n` : jsonText(fact ?? null))
    return
  }
  const bytes = value.bytes.expose()
  if (raw || !io.isTTY.stdout) {
    io.stdout.write(bytes)
    return
  }
  const text = utf8(bytes)
  if (text === undefined) {
    throw new UsageError(`${name} is binary (${bytes.length} bytes); redirect it to a file, or print it with --raw`)
  }
  io.stdout.write(text.endsWith('\n') ? text : `${text}\n`)
  if (shown(text) !== text) {
    io.stderr.write('acksm: control characters of the value are escaped; --raw prints it unchanged\n')
  }
}

function factsOf(name: string, value: SecretValue): Readonly<Record<Exclude<PrintOptions['field'], 'value'>, unknown>> {
  const { type, dataType, versionId, versionStages, rotation, requestId } = value
  return { name, type, dataType, versionId, versionStages, rotation, requestId }
}

function encoded({ bytes }: SecretValue): { readonly value: string } | { readonly valueBase64: string } {
  const text = utf8(bytes.expose())
  return text === undefined ? { valueBase64: Buffer.from(bytes.expose()).toString('base64') } : { value: text }
}

function utf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}
