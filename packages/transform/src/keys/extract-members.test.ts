import { anyCodePoint } from '@ack-secret-manager/test-support/any-text'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { extractMembers } from './extract-members.ts'
import { TRANSFORM_LIMITS } from '../limits.ts'
import { parseDocument } from '../documents/parse-document.ts'
import { failure, textOf, utf8 } from '../testing/helpers.ts'

describe('extractMembers', () => {
  it('keeps the order of the document', () => {
    expect([...extractMembers(parseDocument(utf8('{"b":1,"10":2,"a":3,"9":4}'))).keys()]).toEqual(['b', '10', 'a', '9'])
  })

  it('treats names of prototype properties as ordinary keys', () => {
    const names = ['__proto__', 'constructor', 'hasOwnProperty', 'toString', 'length', '']
    const json = `{${names.map((name) => `${JSON.stringify(name)}:{"__proto__":1}`).join(',')}}`
    const yaml = names.map((name) => `${JSON.stringify(name)}: {__proto__: 1}`).join('\n')
    for (const text of [json, yaml]) {
      const entries = extractMembers(parseDocument(utf8(text)))
      expect([...entries.keys()]).toEqual(names)
      expect([...entries.values()].map(textOf)).toEqual(names.map(() => '{"__proto__":1}'))
    }
  })

  it('returns nothing for an empty mapping', () => {
    expect(extractMembers(parseDocument(utf8('{}'))).size).toBe(0)
  })

  it('writes strings byte for byte', () => {
    fc.assert(
      fc.property(fc.string({ unit: anyCodePoint }), (value) => {
        const bytes = extractMembers(parseDocument(utf8(JSON.stringify({ value })))).get('value')
        expect(bytes).toEqual(utf8(value))
      }),
    )
  })

  it.each([
    ['a list', '[1,2]', 'NotADocument'],
    ['more members than keys', manyMembers(TRANSFORM_LIMITS.keys + 1), 'TooLarge'],
    ['one value repeated by aliases', `a: &a ${'x'.repeat(50_000)}\nb: [${'*a,'.repeat(30)}]`, 'TooLarge'],
    ['values repeated by aliases', `a: &a ${'x'.repeat(50_000)}\n${aliases(30)}`, 'TooLarge'],
  ])('refuses %s', (_what, text, code) => {
    expect(failure(() => extractMembers(parseDocument(utf8(text)))).code).toBe(code)
  })

  it('accepts the maximum number of members', () => {
    const document = parseDocument(utf8(manyMembers(TRANSFORM_LIMITS.keys)))
    expect(extractMembers(document).size).toBe(TRANSFORM_LIMITS.keys)
  })
})

function manyMembers(count: number): string {
  return JSON.stringify(Object.fromEntries(Array.from({ length: count }, (_, at) => [`k${at}`, at])))
}

function aliases(count: number): string {
  return Array.from({ length: count }, (_, at) => `k${at}: *a`).join('\n')
}
