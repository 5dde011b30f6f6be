import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { keyValueLines } from './key-value-lines.ts'

describe('lines of key=value', () => {
  it.each<[string, string, [string, string, number][]]>([
    [
      'one per line',
      'a=1\nb=2',
      [
        ['a', '1', 1],
        ['b', '2', 2],
      ],
    ],
    ['split at the first =', 'url=a=b==', [['url', 'a=b==', 1]]],
    ['trimmed around key, value and line', '  a = b c \t\r\n', [['a', 'b c', 1]]],
    ['trimmed as Go trims', '\u00a0\u3000a\u2003=\u0085b\u00a0', [['a', 'b', 1]]],
    ['with an unchanged byte order mark, as in Go', '\ufeffa=b\ufeff', [['\ufeffa', 'b\ufeff', 1]]],
    [
      'empty values',
      'a=\nb= ',
      [
        ['a', '', 1],
        ['b', '', 2],
      ],
    ],
    ['without blank lines', '\n\n a=1\n\n', [['a', '1', 3]]],
    ['without lines that have no "="', 'a\nb=1\n[section]', [['b', '1', 2]]],
    ['without lines that have no key', '=x\n = y', []],
    ['without comments', '# a=1\n  #b=2\nc=#3', [['c', '#3', 3]]],
    [
      'with duplicates',
      'a=1\na=2',
      [
        ['a', '1', 1],
        ['a', '2', 2],
      ],
    ],
    ['absent in an empty text', '', []],
  ])('are %s', (_rule, text, expected) => {
    expect(keyValueLines(text).map(({ key, value, line }) => [key, value, line])).toEqual(expected)
  })

  it('survive a round trip', () => {
    const word = fc.stringMatching(/^[A-Za-z0-9_.-]{1,20}$/)
    const value = fc.stringMatching(/^[!-~]([ -~]*[!-~])?$/)
    fc.assert(
      fc.property(fc.array(fc.tuple(word, value)), (pairs) => {
        const lines = keyValueLines(pairs.map((pair) => pair.join('=')).join('\n'))
        expect(lines.map(({ key, value: found }) => [key, found])).toEqual(pairs)
      }),
    )
  })
})
