import { regexCost } from '@ack-secret-manager/core'
import fc from 'fast-check'
import { RE2JS } from 're2js'
import { expect, it } from 'vitest'
import { ExpressionCompiler } from './expression-compiler.ts'

const FIELD = 'spec.dataProcess[0].replaceRule'

it.each([
  ['a group that is repeated', `(?:${'a?'.repeat(120)}){1000}`],
  ['a range beyond ASCII in any case', `(?i)[${'!-\uffff'.repeat(80)}]`],
])('refuses %s before it is compiled', async (_what, source) => {
  const compiler = new ExpressionCompiler(() => Promise.reject(new Error('compiled')))
  await expect(compiler.rules([{ source, target: '' }], FIELD)).rejects.toMatchObject({
    code: 'InvalidSpec',
    facts: { field: `${FIELD}[0].source` },
  })
})

const atom = fc.constantFrom('a', '.', '[a-c]', '\\d', '\\)', '\\{', '\\Q(\\E', '(?i)k', 'ab', '\\b', '', '|')
const count = fc.tuple(fc.nat(30), fc.option(fc.nat(30))).map(([least, more]) => {
  return more === null ? `{${least}}` : more === 0 ? `{${least},}` : `{${least},${least + more}}`
})
const regex = fc.letrec<{ readonly any: string }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 4 },
    atom,
    fc.tuple(atom, fc.oneof(count, fc.constantFrom('?', '*', '+?'))).map((parts) => parts.join('')),
    fc.tuple(tie('any'), tie('any')).map((parts) => parts.join('')),
    fc.tuple(tie('any'), fc.oneof(count, fc.constant('?'), fc.constant(''))).map(([one, times]) => `(${one})${times}`),
  ),
})).any

it('refuses a regular expression whose program exceeds its cost', () =>
  fc.assert(
    fc.property(regex, (source) => {
      fc.pre(regexCost(source) < 50_000)
      let program: RE2JS | undefined
      try {
        program = RE2JS.compile(source)
      } catch {
        return
      }
      expect(program.programSize()).toBeLessThanOrEqual(2 * regexCost(source) + 3)
    }),
    { numRuns: 2_000 },
  ))
