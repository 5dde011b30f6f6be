import fc from 'fast-check'
import { expect, it } from 'vitest'
import { seriesText } from './series-text.ts'

it.each([
  ['no labels', {}, 3, 'm 3\n'],
  ['labels in order', { b: 'x', a: 'y' }, 1.5, 'm{b="x",a="y"} 1.5\n'],
  ['quotes, backslashes and newlines', { a: 'q" b\\ n\n' }, 0, 'm{a="q\\" b\\\\ n\\n"} 0\n'],
])('writes %s in the Prometheus text format', (_rule, labels, value, line) => {
  expect(seriesText('m', labels, value)).toBe(line)
})

it('escapes any label value so that it stays within its quotes and can be parsed back', () => {
  const unescaped = (text: string): string => text.replace(/\\(.)/g, (_all, one) => (one === 'n' ? '\n' : String(one)))
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('\\', '"', '\n', 'n', '}', ' ', '1') }), (value) => {
      const [, written = ''] = /^m\{a="((?:[^"\\\n]|\\[\\"n])*)"\} 1\n$/.exec(seriesText('m', { a: value }, 1)) ?? []
      expect(unescaped(written)).toBe(value)
    }),
  )
})
