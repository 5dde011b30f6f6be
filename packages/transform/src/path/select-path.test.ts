import { describe, expect, it } from 'vitest'
import { compilePath } from './compile-path.ts'
import { parseDocument } from '../documents/parse-document.ts'
import { selectPath } from './select-path.ts'
import { codeOf, failure, textOf, utf8 } from '../testing/helpers.ts'
import { WorkBudget } from '../work-budget.ts'

const FIELD = 'spec.data[0].jmesPath[0].path'

function select(text: string, expression: string): string {
  return textOf(selectPath(parseDocument(utf8(text)), compilePath(expression, FIELD)))
}

describe('selectPath', () => {
  it.each([
    ['{"user":{"name":"tom"}}', 'user.name', 'tom'],
    ['user: {name: tom}', 'user.name', 'tom'],
    ['{"a":""}', 'a', ''],
    ['{"a":false}', 'a', 'false'],
    ['a: True', 'a', 'True'],
    ['a: 0123', 'a', '0123'],
    ['[{"a":1},{"a":2}]', '[*].a', '[1,2]'],
    ['{"a":[]}', 'a[*].b', '[]'],
    ['{"b":{"z":1,"y":"<é>"}}', 'b', '{"z":1,"y":"<é>"}'],
    ['{"b":1,"a":2}', '@', '{"b":1,"a":2}'],
    ['{"a":"x"}', '{b: a, c: `1`}', '{"b":"x","c":1}'],
    ['["😀","\uff5e","a"]', 'sort(@)', '["a","\uff5e","😀"]'],
    ['["😀é"]', '[length([0]), reverse([0])]', '[2,"é😀"]'],
  ])('%s at %s is %s', (text, expression, result) => {
    expect(select(text, expression)).toBe(result)
  })

  it.each([
    [String.raw`'a\\b'`, String.raw`a\\b`],
    [String.raw`'a\b'`, String.raw`a\b`],
    [String.raw`'it\'s'`, "it's"],
    [String.raw`'a\\\'b'`, String.raw`a\\'b`],
    [String.raw`"q\"'" || 'a\\b'`, String.raw`a\\b`],
    ['`"it\'s"`', "it's"],
    [String.raw`'\\n'`, String.raw`\\n`],
  ])('keeps the backslashes of the raw string %s, as go-jmespath does', (expression, result) => {
    expect(select('{"a":1}', expression)).toBe(result)
  })

  it.each([
    ['id', '12345678901234567890'],
    ['ids[0]', '12345678901234567890'],
    ['[id, one, minus]', '[12345678901234567890,1.0,-0]'],
    ['ids', '[12345678901234567890,1.50]'],
    ['max(ids)', '12345678901234567890'],
    ['sort(ids)[1]', '12345678901234567890'],
    ['reverse(ids)', '[1.50,12345678901234567890]'],
    ['merge(@, {id: one}).id', '1.0'],
    ['rows[?id > `5`].big | [0]', '98765432109876543210'],
    ['sort_by(rows, &id)[*].big', '[1e2,98765432109876543210]'],
    ['max_by(rows, &id).big', '98765432109876543210'],
    ['map(&big, rows)', '[98765432109876543210,1e2]'],
    ['to_string(one)', '1.0'],
    ['to_string(ids)', '[12345678901234567890,1.50]'],
    ['to_number(text)', '00.10'.slice(1)],
    ['abs(negative)', '12345678901234567890'],
    ['floor(id)', '12345678901234567890'],
    ['not_null(missing, one)', '1.0'],
    ['values(rows[1])', '[1,1e2]'],
    ['sum(rows[*].id)', '8'],
    ['avg(rows[*].id)', '4'],
    ['sum([one, one])', '2'],
    ['one == `1`', 'true'],
    ['rows[?big == `100`].id | [0]', '1'],
  ])('numbers keep their digits, and count: %s', (expression, result) => {
    const text = `{"id":12345678901234567890,"one":1.0,"minus":-0,"negative":-12345678901234567890,"text":"0.10",
      "ids":[12345678901234567890,1.50],"rows":[{"id":7,"big":98765432109876543210},{"id":1,"big":1e2}]}`
    expect(select(text, expression)).toBe(result)
  })

  it.each([
    ['{"a":1}', 'b', 'matches nothing'],
    ['{"a":null}', 'a', 'matches nothing'],
    ['a: ~', 'a', 'matches nothing'],
    ['{"a":[]}', 'a[0]', 'matches nothing'],
    ['{"a":[]}', 'a[*].b | [0]', 'matches nothing'],
    ['{"a":"x"}', 'a.b', 'matches nothing'],
    ['[]', 'max(@)', 'matches nothing'],
    ['{"a":"x"}', 'sum(a)', 'argument 1 of sum() must be array[number], found string'],
    ['{"a":[1,"x"]}', 'max(a)', 'array of other items'],
    ['{"a":"x"}', 'keys(a)', 'argument 1 of keys() must be object, found string'],
    ['[{"k":1},{"k":"x"}]', 'sort_by(@, &k)', 'sort keys are of types number and string'],
    ['[{"k":1},{}]', 'max_by(@, &k)', "an item's sort key is of type null"],
    ['[1e308,1e308]', 'sum(@)', 'leaves the range of numbers'],
  ])('%s at %s is PathNotFound: %s %s', (text, expression, message) => {
    const error = failure(() => select(text, expression))
    expect(error.code).toBe('PathNotFound')
    expect(error.message).toContain(message)
    expect(error.message).toContain(expression)
  })

  it.each(['__proto__', 'constructor', 'constructor.name', 'toString', 'hasOwnProperty', 'length', '"__proto__".x'])(
    'never resolves %s to a prototype',
    (expression) => {
      for (const text of ['{"a":1}', '[1]', 'a: 1']) {
        expect(failure(() => select(text, expression)).code).toBe('PathNotFound')
      }
    },
  )

  it('treats names of prototype properties as ordinary members, on both sides', () => {
    const text = '{"__proto__":{"constructor":"a"},"toString":"b"}'
    expect(select(text, '__proto__.constructor')).toBe('a')
    expect(select(text, '{"__proto__": toString}')).toBe('{"__proto__":"b"}')
    expect(select(text, 'merge(@, `{"__proto__": 1}`)."__proto__"')).toBe('1')
  })

  it.each([
    ['lists that double', '[@,@]|'.repeat(100)],
    ['flattened lists that double', '[@,@][]|'.repeat(80)],
    ['texts that double', `to_string(@)|${"join('',[@,@])|".repeat(40)}`],
    ['comparing lists that double', `${'[@,@]|'.repeat(60)}[0]==[1]|`],
    ['projections within projections', '[*].[@,@,@,@,@,@][]|'.repeat(30)],
  ])('bounds the work: %s', (_what, expression) => {
    expect(failure(() => select('[1,2,3,4,5,6,7,8,9]', `${expression}@`)).code).toBe('TooLarge')
  })

  const [one, other] = ['1'.repeat(15_000), `${'1'.repeat(14_999)}2`]
  it.each([
    ['a long list flattened many times', [Array.from({ length: 14_000 }, () => 1)], '[]'],
    ['long texts compared many times', [one, other], 'sort(@)'],
    ['long texts compared for equality', [{ a: one, b: other }], '[?a == b]'],
    ['long texts searched many times', [[one, other]], '[*].contains([0], [1])'],
    ['long texts read many times', [[one, other]], '[*].starts_with([0], [1])'],
    ['long texts read as numbers many times', [one], '[*].to_number(@)'],
    ['long numbers rounded many times', [[0]], '[*].floor([0])'],
  ])('bounds the work: %s', (_what, document, expression) => {
    const json = JSON.stringify(document).replace('[[0]]', `[[${one}]]`)
    const error = failure(() => select(json, `${'[@,@][]|'.repeat(17)}${expression}`))
    expect(error.code).toBe('TooLarge')
  })

  it('bounds the work and the output of all paths of a resource together', () => {
    const work = new WorkBudget()
    const document = parseDocument(utf8('[1,2,3,4,5,6,7,8,9]'))
    const doubled = compilePath(`${'[@,@][]|'.repeat(15)}length(@)`, FIELD)
    const codes = Array.from({ length: 5 }, () => codeOf(() => selectPath(document, doubled, work)))
    expect([codes[0], codes.at(-1)]).toEqual(['none', 'TooLarge'])
    const large = parseDocument(utf8(JSON.stringify(['x'.repeat(600_000)])))
    const first = compilePath('[0]', FIELD)
    const room = new WorkBudget()
    expect(codeOf(() => selectPath(large, first, room))).toBe('none')
    expect(codeOf(() => selectPath(large, first, room))).toBe('TooLarge')
  })

  it.each([
    ['{"a":"hunter2"}', 'sum(a)'],
    ['{"a":"hunter2"}', 'a.b'],
    ['[{"k":"hunter2"},{"k":1}]', 'sort_by(@, &k)'],
    ['["hunter2"]', 'avg(@)'],
  ])('never quotes the value: %s at %s', (text, expression) => {
    expect(failure(() => select(text, expression)).message).not.toContain('hunter2')
  })
})
