import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { jmesPathOf } from './property-path.ts'

describe('a gjson path as JMESPath', () => {
  it.each([
    ['user', 'user'],
    ['db.user', 'db.user'],
    ['_a.B9', '_a.B9'],
    ['hosts.0', 'hosts[0]'],
    ['0.name', '[0].name'],
    ['hosts.01.name', 'hosts[1].name'],
    ['with-dash.x y', '"with-dash"."x y"'],
    ['9lives', '"9lives"'],
    [String.raw`a\.b.c`, '"a.b".c'],
    [String.raw`hosts.\0`, 'hosts."0"'],
    [String.raw`a\*b`, '"a*b"'],
    [String.raw`a\\b`, String.raw`"a\\b"`],
    ['say "no"', String.raw`"say \"no\""`],
    ['größe', '"größe"'],
    ['a@b', '"a@b"'],
    ['trailing\\', String.raw`"trailing\\"`],
  ])('%s is %s', (property, path) => expect(jmesPathOf(property)).toMatchObject({ path }))

  it.each([
    ['hosts.#', '"#" makes it more than a path'],
    ['hosts.#.name', '"#" makes it more than a path'],
    ['hosts.#(name=="a").port', '"#" makes it more than a path'],
    ['us*', '"*" makes it more than a path'],
    ['us?r', '"?" makes it more than a path'],
    ['a|b', '"|" makes it more than a path'],
    ['@reverse', '"@" makes it more than a path'],
    ['a.@this', '"@" makes it more than a path'],
    ['!"static"', '"!" makes it more than a path'],
    ['{a,b}', '"{" makes it more than a path'],
    ['a.[b,c]', '"[" makes it more than a path'],
    ['a..b', 'a name between its dots is missing'],
    ['.a', 'a name between its dots is missing'],
    ['..#', 'makes it more than a path'],
  ])('%s is not supported', (property, why) =>
    expect(jmesPathOf(property)).toMatchObject({ path: undefined, why: expect.stringContaining(why) }),
  )

  it('reports that a number is a list index', () => {
    expect(jmesPathOf('hosts.0')).toMatchObject({ hasIndex: true })
    expect(jmesPathOf('hosts')).toMatchObject({ hasIndex: false })
  })

  it('never throws, and quotes names so that they stay equal', () => {
    const names = fc.array(fc.string({ unit: 'grapheme', minLength: 1 }), { minLength: 1, maxLength: 5 })
    fc.assert(
      fc.property(names, (segments) => {
        const escaped = segments.map((segment) => segment.replaceAll(/./gsu, String.raw`\$&`))
        const { path = '' } = jmesPathOf(escaped.join('.'))
        const plain = segments.map((segment) => (/^[A-Za-z_]\w*$/.test(segment) ? segment : JSON.stringify(segment)))
        expect(path).toBe(plain.join('.'))
      }),
    )
    fc.assert(fc.property(fc.string(), (property) => void jmesPathOf(property)))
  })
})
