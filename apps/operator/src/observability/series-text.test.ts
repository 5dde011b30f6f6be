import fc from 'fast-check'
import { expect, it } from 'vitest'
import { seriesText } from './series-text.ts'

it.each([
  ['no labels', {}, 3, 'm 3\n'],
  ['labels in their order', { b: 'x', a: 'y' }, 1.5, 'm{b="x",a="y"} 1.5\n'],
  ['quotes, backslashes and ends of lines', { a: 'q" b\\ n\n' }, 0, 'm{a="q\\" b\\\\ n\\n"} 0\n'],
])('%s are written as Prometheus reads them', (_rule, labels, value, line) => {
  expect(seriesText('m', labels, value)).toBe(line)
})

it('whatever the value of a label is, it stays on its line and within its quotes, and can be read back', () => {
  const unescaped = (text: string): string => text.replace(/\\(.)/g, (_all, one) => (one === 'n' ? '\n' : String(one)))
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('\\', '"', '\n', 'n', '}', ' ', '1') }), (value) => {
      const [, written = ''] = /^m\{a="((?:[^"\\\n]|\\[\\"n])*)"\} 1\n$/.exec(seriesText('m', { a: value }, 1)) ?? []
      expect(unescaped(written)).toBe(value)
    }),
  )
})
