import { SecretSyncError } from '@ack-secret-manager/core'
import type { Budget } from '../budget.ts'
import { type DocumentNode, Scalar } from './document.ts'
import { TRANSFORM_LIMITS } from '../limits.ts'

const encoder = new TextEncoder()

/**
 * The bytes of a value: a string unchanged, a number or word as written in the document, anything nested as compact JSON.
 * @throws SecretSyncError `TooLarge` when it exceeds the remaining `output` budget
 */
export function nodeBytes(node: DocumentNode, output: Budget): Uint8Array {
  const bytes = encoder.encode(textOf(node))
  output.spend(bytes.length)
  return bytes
}

function textOf(node: DocumentNode): string {
  if (node instanceof Scalar) return node.text
  return typeof node === 'string' ? node : compactJson(node)
}

/**
 * Compact JSON in the document's order, with unchanged digits, and only the escapes that JSON requires.
 * @throws SecretSyncError `TooLarge` above {@link TRANSFORM_LIMITS}.outputBytes (a value may occur in many places)
 */
export function compactJson(node: DocumentNode): string {
  const parts: string[] = []
  let length = 0
  const put = (part: string): void => {
    length += part.length
    if (length > TRANSFORM_LIMITS.outputBytes) {
      throw new SecretSyncError('TooLarge', `the value has more than ${TRANSFORM_LIMITS.outputBytes} bytes as JSON`)
    }
    parts.push(part)
  }
  const write = (value: DocumentNode): void => {
    if (typeof value === 'string') return put(JSON.stringify(value))
    if (value instanceof Scalar) return put(value.json)
    let separator = ''
    if (value instanceof Map) {
      put('{')
      for (const [name, member] of value) {
        put(`${separator}${JSON.stringify(name)}:`)
        write(member)
        separator = ','
      }
      return put('}')
    }
    put('[')
    for (const item of value as readonly DocumentNode[]) {
      put(separator)
      write(item)
      separator = ','
    }
    put(']')
  }
  write(node)
  return parts.join('')
}
