import { isSecretSyncError } from '@ack-secret-manager/core'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type DocumentNode, Scalar } from './document.ts'
import { parseAnyYaml, parseYaml } from './yaml-parser.ts'
import { parsePlainYaml } from './yaml-plain.ts'
import { YamlSyntaxError } from './yaml-syntax-error.ts'

/** What a document says, with the kind and text of each scalar and the order of members. */
function said(node: DocumentNode): unknown {
  if (typeof node === 'string') return `text ${node}`
  if (node instanceof Scalar) return [node.kind, node.json, node.text]
  if (node instanceof Map)
    return [...(node as ReadonlyMap<string, DocumentNode>)].map(([key, value]) => [key, said(value)])
  return { list: (node as readonly DocumentNode[]).map(said) }
}

/** The result or the error of the library. */
function resultOf(parse: (text: string) => DocumentNode, text: string): unknown {
  try {
    return said(parse(text))
  } catch (error) {
    if (error instanceof YamlSyntaxError) return [error.message, error.offset]
    if (isSecretSyncError(error)) return error.message
    throw error
  }
}

const anyName = fc.constantFrom(
  'a',
  'b',
  'user',
  'db-password',
  'x.y',
  '_z',
  'null',
  'true',
  'Null',
  '1a',
  '<<',
  '.5',
  'a b',
)
const TEXTS = [
  ['', '~', 'null', 'Null', 'NULL', 'nULL', 'true', 'True', 'TRUE', 'tRUE', 'false', 'False', 'yes', 'no', 'on'],
  [
    '0',
    '-0',
    '12',
    '-7',
    '+7',
    '0123',
    '0o17',
    '0x1F',
    '1.5',
    '1.',
    '.5',
    '-.5',
    '1e6',
    '1E-6',
    '1_000',
    '12e',
    '.inf',
    '.nan',
  ],
  [
    '12345678901234567890',
    '2020-01-01',
    '12:30',
    'a:b',
    'postgres://u:p@h:5432/d?x=y#z',
    'a: b',
    'a:',
    ':a',
    'a #b',
    'a#b',
    '#',
  ],
  ['"q"', "'q'", '"a\\n"', '"a"b', '""', "''", "'it''s'", '"', "'", '" "', '"#"', "'# :'", 'a"b', "a'b", '"a" # c'],
  ['- a', '-a', '-', '--', '---', '...', '? a', '?a', '! a', '!t a', '&x a', '*x', '|', '>', '|-', '% a', '@a', '`a`'],
  [
    '[a]',
    '{a: b}',
    '[',
    '{',
    ',a',
    'a, b',
    'a [b]',
    'a {b}',
    '(a)',
    '$a',
    '=a',
    '=',
    '<a',
    '<<',
    '\\a',
    ';a',
    'a  b',
    'é',
    'a\tb',
    '值',
  ],
].flat()
const anyText = fc.oneof(fc.constantFrom(...TEXTS), fc.string({ maxLength: 8 }))
const anyLine = fc.oneof(
  {
    weight: 12,
    arbitrary: fc
      .tuple(anyName, fc.constantFrom(': ', ':', ':  ', ' : ', ':\t'), anyText)
      .map((parts) => parts.join('')),
  },
  { weight: 3, arbitrary: anyName.map((name) => `${name}:`) },
  fc.constantFrom(
    '',
    ' ',
    '# note',
    '#note',
    '- a',
    '- a: b',
    'text',
    '---',
    '...',
    '%YAML 1.2',
    'a: |',
    '"k": v',
    '? a',
    '\r',
    '\t',
  ),
)
/** Lines of which most are plain, because one other line decides about the document. */
const mostlyPlainLine = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .tuple(fc.stringMatching(/^[a-z]{1,6}$/), fc.constantFrom('', ' v', ' 12', ' "q"', " 'q'", ' ~', ' True', ' a:b'))
      .map(([name, value]) => `${name}:${value}`),
  },
  { weight: 1, arbitrary: fc.constantFrom('', '  ', '# note') },
  { weight: 1, arbitrary: anyLine },
)
const anyDocument = fc
  .array(
    fc.tuple(
      fc.constantFrom(0, 0, 0, 0, 1, 2, 2, 4),
      fc.oneof({ weight: 5, arbitrary: mostlyPlainLine }, { weight: 1, arbitrary: anyLine }),
    ),
    {
      maxLength: 6,
    },
  )
  .chain((lines) =>
    fc
      .tuple(fc.constantFrom('\n', '\n', '\n', '\n', '\r\n'), fc.constantFrom('', '\n', '\n\n', ' '))
      .map(([end, last]) => lines.map(([indent, line]) => ' '.repeat(indent) + line).join(end) + last),
  )

it.each(TEXTS)('says what the library says of %j', (text) => {
  for (const value of [text, ` ${text}`, `${text} `]) {
    expect(resultOf(parseYaml, `a: ${value}\nb: c`)).toEqual(resultOf(parseAnyYaml, `a: ${value}\nb: c`))
  }
})

it('says what the library says, whatever the text', () => {
  let plain = 0
  fc.assert(
    fc.property(anyDocument, (text) => {
      if (parsePlainYaml(text) !== undefined) plain += 1
      expect(resultOf(parseYaml, text)).toEqual(resultOf(parseAnyYaml, text))
    }),
    { numRuns: Number(process.env['FUZZ_RUNS'] ?? 5_000) },
  )
  // The property says little if the library parses them all.
  expect(plain).toBeGreaterThan(300)
})

const plainName = fc.stringMatching(/^[a-z_][a-z0-9_.-]{0,4}$/)
const plainText = fc.stringMatching(/^[ -~]{1,12}$/)

it('says what the library says of texts with every character of ASCII', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom('', '  '), plainName, plainText), { minLength: 1, maxLength: 4 }),
      (members) => {
        const text = members.map(([indent, name, value]) => `${indent}${name}: ${value}\n`).join('')
        expect(resultOf(parseYaml, text)).toEqual(resultOf(parseAnyYaml, text))
      },
    ),
    { numRuns: Number(process.env['FUZZ_RUNS'] ?? 5_000) },
  )
})

it.each([
  'user: eve\npassword: "a b"\nport: 5432\n',
  'db:\n  user: eve\n\n  # note\n  url: postgres://h:1/d#x\nempty:\nlast: yes',
])('needs no library for %j', (text) => {
  expect(parsePlainYaml(text)).toBeDefined()
})

it.each([
  ['a list', 'a:\n- b'],
  ['a comment behind a text', 'a: b # c'],
  ['an anchor', 'a: &x b'],
  ['a text on two lines', 'a: b\n  c'],
  ['a member below a text', 'a: b\n  c: d'],
  ['a repeated member', 'a: b\na: c'],
  ['a level that is none', 'a:\n    b: c\n  d: e'],
  ['a second document', 'a: b\n---\nc: d'],
  ['an escape', 'a: "\\n"'],
  ['letters outside ASCII', 'a: é'],
])('leaves %s to the library', (_what, text) => {
  expect(parsePlainYaml(text)).toBeUndefined()
})
