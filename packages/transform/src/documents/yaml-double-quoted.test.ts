import fc from 'fast-check'
import { expect, it } from 'vitest'
import { parseDocument } from './parse-document.ts'

const read = (yaml: string): unknown => {
  const { root } = parseDocument(new TextEncoder().encode(yaml))
  return root instanceof Map ? root.get('a') : undefined
}

it.each([
  ['an escaped line break', 'one\\\n  two', 'onetwo'],
  ['one empty line after it', 'one\\\n\n  two', 'one\ntwo'],
  ['two empty lines after it', 'one\\\n \n \t\n  two', 'one\n\ntwo'],
  ['space in front of it', 'one \\\n\n  two', 'one \ntwo'],
  ['Windows line breaks', 'one\\\r\n\r\n  two', 'one\ntwo'],
  ['an escaped backslash, which escapes no line break', 'one\\\\\n\n  two', 'one\\\ntwo'],
  ['space that is escaped on the next line', 'one\\\n\n  \\ two', 'one\n two'],
])('reads %s in double quotes as YAML 1.2.2 says', (_name, source, expected) => {
  expect(read(`a: "${source}"`)).toBe(expected)
})

/** A line of a double-quoted text and its end: folded or escaped, followed by empty lines. */
const line = fc.record({
  text: fc.stringMatching(/^[a-z]([a-z ]{0,5}[a-z])?$/),
  escaped: fc.boolean(),
  emptyLines: fc.array(fc.constantFrom('', ' ', ' \t'), { maxLength: 3 }),
  indent: fc.constantFrom(' ', '   '),
})

it('folds lines in double quotes as in YAML 1.2.2', () => {
  fc.assert(
    fc.property(fc.array(line, { minLength: 1, maxLength: 5 }), fc.constantFrom('\n', '\r\n'), (lines, lineBreak) => {
      const source = lines.map(({ text, escaped, emptyLines, indent }) =>
        [
          text,
          escaped ? '\\' : '',
          ...[...emptyLines, ''].map((empty, at) => lineBreak + (at < emptyLines.length ? empty : indent)),
        ].join(''),
      )
      const folded = lines.map(
        ({ text, escaped, emptyLines: { length } }) => text + (length > 0 ? '\n'.repeat(length) : escaped ? '' : ' '),
      )
      expect(read(`a: "${source.join('')}end"`)).toBe(`${folded.join('')}end`)
    }),
  )
})
