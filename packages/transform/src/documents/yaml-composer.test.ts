import { afterEach, expect, it } from 'vitest'
import { YAMLParseError } from 'yaml'
import { parseDocument } from './parse-document.ts'

const KMS_BYTES = 30_720
const filled = (unit: string, start: string = ''): Uint8Array =>
  new TextEncoder().encode((start + unit.repeat(KMS_BYTES)).slice(0, KMS_BYTES))

afterEach(() => {
  Reflect.deleteProperty(YAMLParseError.prototype, 'pos')
})

/** Errors that the library makes while it parses a document, by the field that each of them sets. */
function errorsMadeFor(document: Uint8Array): number {
  let made = 0
  const count = (): void => void (made += 1)
  Object.defineProperty(YAMLParseError.prototype, 'pos', { configurable: true, get: () => [0, 1], set: count })
  expect(() => parseDocument(document)).toThrow(/^the (value is not a JSON or YAML|document is nested deeper)/)
  return made
}

it.each([
  ['commas in a list', filled(',', '[')],
  ['commas in a mapping', filled(',', '{')],
  ['closing brackets', filled(']')],
  ['colons', filled(': ')],
  ['directives', filled('%\n')],
  ['aliases without anchors', filled('- *a\n')],
  ['escape sequences', filled('\\q', 'a: "')],
  ['texts without a comma', filled('""', '[')],
  ['nested lists', filled('- ')],
])('ends at the first YAML error of %s', (_name, document) => {
  expect(errorsMadeFor(document)).toBe(0)
})

it('reports the first of several errors', () => {
  const parse = (text: string) => () => parseDocument(new TextEncoder().encode(text))
  expect(parse('a: [1, 2\nb: *none\nc: "\\q"')).toThrow('bad indent at line 2, column 1')
  expect(parse('a: "\\q"\nb: *none')).toThrow('bad dq escape at line 1, column 5')
  expect(parse('a: 1\n---\nb: "\\q"')).toThrow('more than one document at line 2, column 1')
})
