import { anyCodePoint } from '@ack-secret-manager/test-support/any-text'
import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { stringify } from 'yaml'
import { compilePath } from './path/compile-path.ts'
import { extractMembers } from './keys/extract-members.ts'
import { compileKeyRules, type KeyRule } from './keys/key-rules.ts'
import { parseDocument } from './documents/parse-document.ts'
import { rewriteKeys } from './keys/rewrite-keys.ts'
import { selectPath } from './path/select-path.ts'
import { codeOf, textOf, utf8 } from './testing/helpers.ts'
import { FUZZ_RUNS, FUZZ_TIMEOUT_MS } from './testing/fuzz.ts'
import { wellFormed } from './documents/well-formed.ts'

/** Part of every value; no message may contain it. */
const CANARY = 'hunter2'
const RUNS = { numRuns: FUZZ_RUNS }

const charsOf = (chars: string) => fc.string({ unit: fc.constantFrom(...Array.from(chars)), maxLength: 40 })
const anyText = fc.string({ unit: anyCodePoint })
/** Numbers in every JSON notation. */
const number = fc.stringMatching(/^-?(0|[1-9][0-9]{0,40})(\.[0-9]{1,40})?([eE][-+]?[0-9]{1,5})?$/)

/** JSON texts of any value, with random notation of numbers, white space and escapes. */
const { json } = fc.letrec<{ json: string; object: string }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 4 },
    number,
    fc.constantFrom('true', 'false', 'null', '""', '"\\ud800"', '"\\u0000"', '{}', '[ ]'),
    anyText.map((text) => JSON.stringify(text)),
    fc.array(tie('json'), { maxLength: 4 }).map((items) => `[${items.join(' ,\n')}]`),
    tie('object'),
  ),
  object: fc
    .uniqueArray(fc.tuple(anyText, tie('json')), { selector: ([name]) => name, maxLength: 4 })
    .map((members) => `{\t${members.map(([name, value]) => `${JSON.stringify(name)} : ${value}`).join(' , ')} }`),
}))

/** The result of `work`, or the code of its error, whose message is checked. */
function outcomeOf<Result>(work: () => Result, codes: readonly string[]): Result | undefined {
  let result: Result | undefined
  let message = ''
  const code = codeOf(() => {
    try {
      result = work()
    } catch (error) {
      message = (error as Error).message
      throw error
    }
  })
  expect(['none', ...codes]).toContain(code)
  expect(message).not.toContain(CANARY)
  expect(message.length).toBeLessThan(600)
  return result
}

vi.setConfig({ testTimeout: FUZZ_TIMEOUT_MS })

describe('documents', () => {
  const bytesOf = (text: fc.Arbitrary<string>): fc.Arbitrary<Uint8Array> => text.map(utf8)
  const yamlish = charsOf('ab01:-?&*!|>%@`#{}[],"\'<\\ \n\t~.=é')
  const jsonish = charsOf('{}[]",:0123456789.-+eEtrufalsn\\ \n\t\u0001é')

  it('any bytes are parsed or refused, and no message quotes them', () => {
    const text = fc.oneof(yamlish, jsonish, anyText).map((some) => `${some}${CANARY}`)
    const around = fc.tuple(yamlish, yamlish).map(([before, after]) => `${before}${CANARY}${after}`)
    const bytes = fc.oneof(fc.uint8Array(), bytesOf(text), bytesOf(around))
    fc.assert(
      fc.property(bytes, (input) => {
        outcomeOf(() => extractMembers(parseDocument(input)), ['NotADocument', 'TooLarge'])
      }),
      RUNS,
    )
  })

  it('a document with one changed character is parsed or refused', () => {
    const change = fc.tuple(json, fc.nat(), fc.constantFrom(...Array.from('{}[]":,\\-#&*?|\n\t 0a\u0000')))
    fc.assert(
      fc.property(change, ([text, at, char]) => {
        const place = at % (text.length + 1)
        const changed = `{"${CANARY}":${text.slice(0, place)}${char}${text.slice(place + 1)}}`
        outcomeOf(() => extractMembers(parseDocument(utf8(changed))), ['NotADocument', 'TooLarge'])
      }),
      RUNS,
    )
  })

  it('a text is valid JSON exactly if it is for JSON.parse', () => {
    fc.assert(
      fc.property(charsOf('{}[]",:0123456789.-+eEtrufalsn\\ \n\t\u0001é'), (inner) => {
        const format = outcomeOf(() => parseDocument(utf8(`[${inner}]`)).format, ['NotADocument', 'TooLarge'])
        expect(format === 'json').toBe(isJson(`[${inner}]`))
      }),
      RUNS,
    )
  })

  it('a number in JSON keeps its digits', () => {
    fc.assert(
      fc.property(number, (digits) => {
        const members = extractMembers(parseDocument(utf8(`{"one":${digits},"many":[${digits}]}`)))
        expect([...members.values()].map(textOf)).toEqual([digits, `[${digits}]`])
      }),
      RUNS,
    )
  })

  it('a JSON document equals the result of JSON.parse, except for lost digits', () => {
    fc.assert(
      fc.property(json, (text) => {
        const written = extractMembers(parseDocument(utf8(`{"key":[${text}]}`))).get('key') ?? new Uint8Array()
        // Unpaired surrogates cannot be encoded as UTF-8.
        const expected = JSON.stringify(JSON.parse(`[${text}]`)).replaceAll(/\\ud[89a-f][0-9a-f]{2}/g, '\uFFFD')
        expect(JSON.stringify(JSON.parse(textOf(written)))).toBe(expected)
      }),
      RUNS,
    )
  })

  it('a JSON document is the same document as YAML', () => {
    fc.assert(
      fc.property(json, (text) => {
        const asJson = parseDocument(utf8(`{"key":${text}}`))
        const asYaml = parseDocument(utf8(`{"key":${text}}\n# no JSON\n`))
        expect([asJson.format, asYaml.format]).toEqual(['json', 'yaml'])
        expect([...extractMembers(asYaml)]).toEqual([...extractMembers(asJson)])
      }),
      RUNS,
    )
  })

  it('texts survive the round trip through YAML, under their names', () => {
    // The library writes a merge key without quotes, so it remains a merge key.
    const name = fc.string({ maxLength: 20 }).filter((text) => text !== '<<')
    const members = fc.dictionary(name, fc.string({ unit: 'grapheme' }), { maxKeys: 5 })
    fc.assert(
      fc.property(members, (given) => {
        const yaml = stringify({ given })
        const [, written] = [...extractMembers(parseDocument(utf8(yaml)))][0] ?? []
        expect(JSON.parse(textOf(written ?? new Uint8Array()))).toEqual(given)
      }),
      RUNS,
    )
  })

  it('a plain YAML scalar keeps its text', () => {
    const plain = fc.stringMatching(/^[a-zA-Z0-9+.~_=][a-zA-Z0-9+._:/=-]{0,20}[a-zA-Z0-9]$/)
    fc.assert(
      fc.property(plain, (text) => {
        const members = extractMembers(parseDocument(utf8(`key: ${text}\n`)))
        expect(textOf(members.get('key') ?? new Uint8Array())).toBe(text)
      }),
      RUNS,
    )
  })
})

describe('paths', () => {
  const token = fc.constantFrom(
    ...`a b . [ ] * | || && ! == < > [? [] [::-1] { } ( ) , : @ & \`1\` 'x' \`[1,"a",{}]\` \`null\` 0 -1 abs( avg( ceil( contains( ends_with( floor( join(
    keys( length( map( max( max_by( merge( min( not_null( reverse( sort( sort_by( starts_with( sum( to_array( to_number( to_string( type( values( "a" "__proto__" $`.split(
      /\s+/,
    ),
  )
  const expression = fc.array(token, { maxLength: 12 }).map((tokens) => tokens.join(''))
  const codes = ['InvalidSpec', 'PathNotFound', 'TooLarge']

  it('any expression on any document has a result or an error, and no message quotes the document', () => {
    const given = fc.oneof(
      fc.constant(`{"a":[{"a":1.0,"b":"${CANARY}"},{"a":2,"b":null},["${CANARY}"]],"b":{"a":"${CANARY}"}}`),
      json.map((text) => `{"a":${text},"b":["${CANARY}",${text}]}`),
    )
    fc.assert(
      fc.property(expression, given, (path, document) => {
        const bytes = outcomeOf(() => selectPath(parseDocument(utf8(document)), compilePath(path, 'field')), codes)
        if (bytes !== undefined) new TextDecoder('utf-8', { fatal: true }).decode(bytes)
      }),
      RUNS,
    )
  })

  it('a member is found by any name, and never in a prototype', () => {
    const name = fc.oneof(anyText, fc.constantFrom('__proto__', 'constructor', 'toString', 'length', 'hasOwnProperty'))
    fc.assert(
      fc.property(name, name, (member, other) => {
        const document = parseDocument(utf8(`{${JSON.stringify(member)}:"${CANARY}"}`))
        const select = (wanted: string) => selectPath(document, compilePath(JSON.stringify(wanted), 'field'))
        // Two unpaired surrogates become equal when they are replaced by U+FFFD.
        const isSame = wellFormed(member) === wellFormed(other)
        const found = outcomeOf(() => select(other), ['PathNotFound'])
        expect(found === undefined ? undefined : textOf(found)).toBe(isSame ? CANARY : undefined)
      }),
      RUNS,
    )
  })
})

describe('rules', () => {
  const side = fc.oneof(
    charsOf('ab$1{}()[]*+?|^.\\Pp<>_é😀'),
    fc.constantFrom('(a+)+$', '(?:a*b)?', 'a{500}', '$1$1$1$1'),
  )
  const rules: fc.Arbitrary<KeyRule[]> = fc.array(fc.record({ source: side, target: side }), { maxLength: 4 })

  it('any rules rename any names or are refused; values do not change', () => {
    const names = fc.uniqueArray(fc.oneof(anyText, charsOf('ab_1é😀')), { maxLength: 8 })
    fc.assert(
      fc.property(names, rules, (keys, wanted) => {
        const entries = new Map(keys.map((key, index) => [key, utf8(`${CANARY}${index}`)]))
        const codes = ['InvalidSpec', 'InvalidKey', 'DuplicateKey', 'TooLarge']
        const renamed = outcomeOf(() => rewriteKeys(entries, compileKeyRules(wanted, 'field')), codes)
        if (renamed !== undefined) expect([...renamed.values()]).toEqual([...entries.values()])
      }),
      RUNS,
    )
  })

  it('a name survives the round trip', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 100 }), (name) => {
        const there = compileKeyRules([{ source: '^(?s)(.*)$', target: 'p_${1}_s' }], 'field')
        const back = compileKeyRules([{ source: '^p_(?s)(.*)_s$', target: '$1' }], 'field')
        const entries = new Map([[name, utf8('')]])
        expect([...rewriteKeys(rewriteKeys(entries, there), back).keys()]).toEqual([name])
      }),
      RUNS,
    )
  })
})

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
