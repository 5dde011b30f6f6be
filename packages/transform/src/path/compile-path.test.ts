import { describe, expect, it } from 'vitest'
import { compilePath } from './compile-path.ts'
import { TRANSFORM_LIMITS } from '../limits.ts'
import { failure } from '../testing/helpers.ts'

const FIELD = 'spec.data[0].jmesPath[0].path'

describe('compilePath', () => {
  it.each([
    ['', 'unexpected end'],
    ['  ', 'unexpected end'],
    ['a.', 'unexpected token'],
    ['a[', 'got: EOF'],
    ['a b', 'unexpected token'],
    ["'abc", 'no closing quote'],
    ["'abc\\'", 'no closing quote'],
    [String.raw`'abc\\'`, 'no closing quote'],
    ['`1', 'no closing quote'],
    ['"abc', 'unexpected end'],
    ['a[1-2]', 'malformed number'],
    ['a[::0]', 'step of a slice'],
    ['foo(a)', 'unknown function foo()'],
    ['constructor(a)', 'unknown function constructor()'],
    ['length()', 'length() takes 1 argument, found 0'],
    ['length(a, b)', 'length() takes 1 argument, found 2'],
    ['merge()', 'merge() takes 1 argument, found 0'],
    ['&a', 'can only be an argument'],
    ['length(&a)', 'must not be a reference'],
    ['sort_by(a, b)', 'must be a reference'],
    ['$.a', 'extension'],
    ['a + b', 'extension'],
    ['a ? b : c', 'extension'],
    ['let $x = a in $x', 'extension'],
    ['a'.repeat(TRANSFORM_LIMITS.pathLength + 1), 'the limit is 1024'],
  ])('refuses %s: %s', (expression, message) => {
    const error = failure(() => compilePath(expression, FIELD))
    expect(error).toMatchObject({ code: 'InvalidSpec', facts: { field: FIELD } })
    expect(error.message).toContain(message)
    expect(error.message).toContain(FIELD)
  })

  it.each([
    '!'.repeat(1_000) + 'a',
    '('.repeat(511) + 'a' + ')'.repeat(511),
    'a' + '.a'.repeat(511),
    `a${'[*]'.repeat(341)}`,
  ])('accepts a long expression within the limit %#', (expression) => {
    expect(compilePath(expression, FIELD).expression).toBe(expression)
  })
})
