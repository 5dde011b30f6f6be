import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { extractMembers } from '../keys/extract-members.ts'
import { TRANSFORM_LIMITS } from '../limits.ts'
import { parseDocument } from './parse-document.ts'
import { codeOf, failure, textOf, utf8 } from '../testing/helpers.ts'

function members(text: string): Record<string, string> {
  const entries = [...extractMembers(parseDocument(utf8(text)))]
  return Object.fromEntries(entries.map(([key, bytes]) => [key, textOf(bytes)]))
}

describe('parseDocument', () => {
  it.each([
    ['an object', '{"a":"b"}', 'json'],
    ['an array', ' \n[1]', 'json'],
    ['JSON behind a byte order mark', '\uFEFF{"a":"b"}', 'json'],
    ['YAML', 'a: b', 'yaml'],
    ['YAML behind a byte order mark', '\uFEFFa: b', 'yaml'],
    ['a flow mapping that JSON refuses', '{"a":1,}', 'yaml'],
    ['a YAML list', '- 1\n- 2\n', 'yaml'],
    ['YAML with an end marker', '---\na: b\n...\n', 'yaml'],
  ])('takes %s', (_what, text, format) => {
    expect(parseDocument(utf8(text)).format).toBe(format)
  })

  it.each([
    ['a password', 'hunter2', 'single text or number'],
    ['a number', '5432', 'single text or number'],
    ['a JSON string', '"hunter2"', 'single text or number'],
    ['a JSON null', 'null', 'single text or number'],
    ['nothing', '', 'empty'],
    ['white space', ' \n\t\n', 'not YAML|empty'],
    ['a comment alone', '# a: b\n', 'empty'],
    ['two documents', 'a: 1\n---\nb: 2\n', 'more than one document at line 2, column 1'],
    ['an unclosed object', '{"a": 1', 'expected a comma or \\} at line 1, column 8'],
    ['a repeated YAML key', 'a: 1\nb: 2\na: 3\n', 'a key that the mapping already has at line 3, column 1'],
    ['a number and a text as the same key', '1: a\n"1": b\n', 'a key that the mapping already has'],
    ['a mapping as key', '? {a: b}\n: c\n', 'a mapping or list as a key'],
    ['an alias to nothing', 'a: *b\n', 'an alias without its anchor'],
    ['an alias before its anchor', 'a: *b\nb: &b 1\n', 'an alias without its anchor'],
    ['a merge of a value that is not a mapping', 'a: {<<: 1}\n', 'a merge key whose value is no mapping'],
    ['two merge keys', '<<: {a: 1}\n<<: {b: 1}\n', 'a second merge key'],
    ['tabs as indent', 'a:\n\tb: 1\n', 'tab'],
  ])('refuses %s', (_what, text, message) => {
    const error = failure(() => parseDocument(utf8(text)))
    expect(error.code).toBe('NotADocument')
    expect(error.message).toMatch(new RegExp(message))
  })

  it.each([
    ['Latin-1', [0x7b, 0xe9, 0x7d]],
    ['a lone continuation byte', [0x61, 0x3a, 0x20, 0x80]],
    ['an overlong slash', [0xc0, 0xaf]],
    ['a surrogate', [0xed, 0xa0, 0x80]],
    ['random bytes', [0xff, 0xfe, 0x00, 0x01]],
  ])('refuses bytes that are not UTF-8: %s', (_what, bytes) => {
    const error = failure(() => parseDocument(Uint8Array.from(bytes)))
    expect(error.code).toBe('NotADocument')
    expect(error.message).toContain('not UTF-8')
  })

  const deeper = TRANSFORM_LIMITS.documentDepth + 1
  it.each([
    ['a JSON document nested too deep', '['.repeat(deeper) + ']'.repeat(deeper)],
    ['a JSON document nested absurdly deep', '{"a":'.repeat(200_000)],
    [
      'a YAML document nested too deep',
      Array.from({ length: deeper + 1 }, (_, at) => `${' '.repeat(at)}a:`).join('\n'),
    ],
    ['a document that contains itself', 'a: &a [*a]\n'],
    ['a merge of itself', 'a: &a {<<: *a}\n'],
    ['an alias bomb', bomb(40)],
    [
      'a merge bomb',
      `a: &a {${Array.from({ length: 2000 }, (_, at) => `k${at}: 1`).join(', ')}}\nb: {<<: [${'*a,'.repeat(100)}]}`,
    ],
    ['a large document', `{"a":"${'x'.repeat(TRANSFORM_LIMITS.documentBytes)}"}`],
    ['large YAML', `a: ${'x'.repeat(TRANSFORM_LIMITS.yamlBytes)}`],
  ])('refuses %s as TooLarge', (_what, text) => {
    expect(failure(() => parseDocument(utf8(text))).code).toBe('TooLarge')
  })

  it('accepts input at the limits', () => {
    const { documentBytes, documentDepth, yamlBytes } = TRANSFORM_LIMITS
    const texts = [
      '['.repeat(documentDepth) + ']'.repeat(documentDepth),
      `{"a":"${'x'.repeat(documentBytes - 8)}"}`,
      `a: ${'x'.repeat(yamlBytes - 3)}`,
      bomb(10),
    ]
    expect(texts.map((text) => codeOf(() => parseDocument(utf8(text))))).toEqual(texts.map(() => 'none'))
  })

  it.each(['- '.repeat(30_000), '? '.repeat(30_000), `a: ${'['.repeat(60_000)}`, '{['.repeat(30_000)])(
    'survives hostile nesting %#',
    (text) => {
      expect(['NotADocument', 'TooLarge']).toContain(failure(() => parseDocument(utf8(text))).code)
    },
  )

  it.each([
    '{"password": "hunter2',
    'password: "hunter2',
    'password: [hunter2\n',
    'hunter2',
    'a: *hunter2',
    '%hunter2\n---\na: b: hunter2',
    '!hunter2 !hunter2 a',
    '{"hunter2": 1, "hunter2"}',
  ])('never quotes the value: %s', (text) => {
    expect(failure(() => extractMembers(parseDocument(utf8(text)))).message).not.toContain('hunter2')
  })
})

describe('JSON', () => {
  it.each([
    ['1e6', '1e6'],
    ['1E+06', '1E+06'],
    ['1.0', '1.0'],
    ['-0', '-0'],
    ['0.10', '0.10'],
    ['12345678901234567890', '12345678901234567890'],
    ['1e400', '1e400'],
    ['3.14159265358979323846264338327950288', '3.14159265358979323846264338327950288'],
    ['true', 'true'],
    ['false', 'false'],
    ['null', 'null'],
    ['""', ''],
    ['"5432"', '5432'],
    ['"line\\nbreak\\t\\"\\\\\\/\\b\\f\\r"', 'line\nbreak\t"\\/\b\f\r'],
    ['"<a href=\'x\'>&</a>"', "<a href='x'>&</a>"],
    ['"\\u00e9\\ud83d\\ude00"', 'é😀'],
    ['"\\u0000"', '\u0000'],
    ['"\\ud800"', '\uFFFD'],
    ['"\\ude00\\ud83d"', '\uFFFD\uFFFD'],
    ['{}', '{}'],
    ['[ ]', '[]'],
    [
      '{ "b" : [1.0, -0, 1e6, 12345678901234567890] , "a" : "<\\u00e9>" }',
      '{"b":[1.0,-0,1e6,12345678901234567890],"a":"<é>"}',
    ],
    ['["\u2028\u2029\u007f", "\\u0001"]', '["\u2028\u2029\u007f","\\u0001"]'],
    ['{"2":0,"1":0,"b":0,"a":0}', '{"2":0,"1":0,"b":0,"a":0}'],
  ])('%s becomes %s', (source, text) => {
    expect(members(`{"key": ${source}}`)).toEqual({ key: text })
  })

  it('keeps the last of repeated members, as Go does', () => {
    expect(members('{"a":1,"b":2,"a":3}')).toEqual({ a: '3', b: '2' })
  })

  it('returns any JSON value', () => {
    const value = fc.jsonValue({ stringUnit: 'binary', maxDepth: 6 })
    fc.assert(
      fc.property(value, fc.constantFrom(undefined, 1, '\t'), (any, indent) => {
        const bytes = extractMembers(parseDocument(utf8(JSON.stringify({ key: [any] }, null, indent)))).get('key')
        expect(JSON.parse(textOf(bytes!))).toEqual(JSON.parse(JSON.stringify([any])))
      }),
    )
  })
})

describe('YAML', () => {
  it.each([
    ['0123', '0123'],
    ['1e6', '1e6'],
    ['1.0', '1.0'],
    ['0x1F', '0x1F'],
    ['0o17', '0o17'],
    ['1_000', '1_000'],
    ['+1', '+1'],
    ['12345678901234567890', '12345678901234567890'],
    ['.inf', '.inf'],
    ['.NaN', '.NaN'],
    ['yes', 'yes'],
    ['off', 'off'],
    ['True', 'True'],
    ['false', 'false'],
    ['null', 'null'],
    ['~', '~'],
    ['', ''],
    ['2026-01-31', '2026-01-31'],
    ['12:30:45', '12:30:45'],
    ['!!str 0123', '0123'],
    ['!!int "0123"', '0123'],
    ['!vault abc', 'abc'],
    ['"a\\tb\\x41\\ud800"', 'a\tbA\uFFFD'],
    ["'it''s'", "it's"],
    ['|\n  line\n  two\n', 'line\ntwo\n'],
    ['>-\n  line\n  two\n', 'line two'],
    ['{b: 1.0, a: [0123, 0x1F, True, ~, , 1e6]}', '{"b":1.0,"a":["0123","0x1F",true,null,null,1e6]}'],
    ['{"quoted": "<é>", .inf: .inf}', '{"quoted":"<é>",".inf":".inf"}'],
  ])('%s becomes %s', (source, text) => {
    const list = source.replace(', ,', ', null,')
    expect(members(`key: ${list}`)).toEqual({ key: text })
  })

  it.each([
    [
      'numbers, words and nothing as keys',
      '1: a\n0x2: b\ntrue: c\n~: d\n',
      { '1': 'a', '0x2': 'b', true: 'c', '~': 'd' },
    ],
    ['a %YAML directive of the older version', '%YAML 1.1\n---\na: yes\nb: 0123\n', { a: 'yes', b: '0123' }],
    ['an alias', 'a: &x 0123\nb: *x\n', { a: '0123', b: '0123' }],
    ['an anchor that is given twice', 'a: &x 1\nb: *x\nc: &x 2\nd: *x\n', { a: '1', b: '1', c: '2', d: '2' }],
    ['an alias as key', 'a: &x k\n*x : 1\n', { a: 'k', k: '1' }],
    ['a quoted << as an ordinary key', '"<<": {a: 1}\n', { '<<': '{"a":1}' }],
    ['a merge at the top', '<<: {a: 1, b: 2}\nb: 3\n', { a: '1', b: '3' }],
  ])('takes %s', (_what, text, expected) => {
    expect(members(text)).toEqual(expected)
  })

  it('merges: own keys win over merged ones, earlier mappings over later ones', () => {
    const text = ['x: &x {p: 1, q: 2}', 'y: &y {q: 3, r: 4}', 'a: {q: 0, <<: [*x, *y]}', 'b: {<<: *y, q: 0}'].join('\n')
    expect(members(text)).toMatchObject({ a: '{"q":0,"p":1,"r":4}', b: '{"q":0,"r":4}' })
  })
})

function bomb(levels: number): string {
  const lines = Array.from({ length: levels }, (_, at) => `a${at + 1}: &a${at + 1} [*a${at}, *a${at}]`)
  return ['a0: &a0 [x, x]', ...lines].join('\n')
}
