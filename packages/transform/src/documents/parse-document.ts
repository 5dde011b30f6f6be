import { SecretSyncError } from '@ack-secret-manager/core'
import { type Document, type DocumentNode, Scalar } from './document.ts'
import { JsonSyntaxError, parseJson } from './json-parser.ts'
import { TRANSFORM_LIMITS } from '../limits.ts'
import { WorkBudget } from '../work-budget.ts'
import { parseYaml } from './yaml-parser.ts'
import { YamlSyntaxError } from './yaml-syntax-error.ts'

/**
 * Parses a secret's bytes as JSON, or else as YAML (1.2 core schema, merge keys, one document). A byte order mark is
 * tolerated. The document must be a mapping or a list: a plain password is valid YAML, too.
 * @throws SecretSyncError `NotADocument` (bytes that are not UTF-8 included) | `TooLarge`; the message has line and column, never the text
 */
export function parseDocument(bytes: Uint8Array, work: WorkBudget = new WorkBudget()): Document {
  if (bytes.length > TRANSFORM_LIMITS.documentBytes) {
    throw new SecretSyncError(
      'TooLarge',
      `the value has ${bytes.length} bytes; documents are parsed up to ${TRANSFORM_LIMITS.documentBytes}`,
    )
  }
  work.documents.spend(bytes.length)
  const text = decode(bytes)
  const json = tryJson(text)
  if (!(json instanceof JsonSyntaxError) && json !== undefined) return { root: rootOf(json), format: 'json' }
  return { root: rootOf(yamlOf(text, bytes.length, json, work)), format: 'yaml' }
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new SecretSyncError('NotADocument', 'the value is not a JSON or YAML document: its bytes are not UTF-8')
  }
}

/** Undefined if the text cannot be a JSON mapping or list. */
function tryJson(text: string): DocumentNode | JsonSyntaxError | undefined {
  if (!/^[ \t\r\n]*[{[]/.test(text)) return undefined
  try {
    return parseJson(text)
  } catch (error) {
    if (error instanceof JsonSyntaxError) return error
    throw error
  }
}

function yamlOf(text: string, bytes: number, json: JsonSyntaxError | undefined, work: WorkBudget): DocumentNode {
  if (bytes > TRANSFORM_LIMITS.yamlBytes) {
    const why = json ? ` (${json.message} at ${position(text, json.offset)})` : ''
    throw new SecretSyncError(
      'TooLarge',
      `the value is not JSON${why}; YAML is parsed up to ${TRANSFORM_LIMITS.yamlBytes} bytes`,
    )
  }
  work.yaml.spend(bytes)
  try {
    return parseYaml(text)
  } catch (error) {
    if (error instanceof SecretSyncError) throw error
    // The library may run out of stack on hostile input.
    const yaml =
      error instanceof YamlSyntaxError ? `${error.message} at ${position(text, error.offset)}` : 'its parser fails'
    const why = json ? `not JSON (${json.message} at ${position(text, json.offset)}) and not YAML` : 'not YAML'
    throw new SecretSyncError('NotADocument', `the value is not a JSON or YAML document: ${why} (${yaml})`)
  }
}

function rootOf(node: DocumentNode): Document['root'] {
  if (node instanceof Scalar && node.text === '') {
    throw new SecretSyncError('NotADocument', 'the value is empty, not a JSON or YAML mapping or list')
  }
  if (typeof node === 'string' || node instanceof Scalar) {
    throw new SecretSyncError(
      'NotADocument',
      'the value is a single text or number, not a JSON or YAML mapping or list',
    )
  }
  return node
}

function position(text: string, offset: number): string {
  const before = text.slice(0, offset)
  const line = before.split('\n').length
  return `line ${line}, column ${offset - before.lastIndexOf('\n')}`
}
