import { expect, it } from 'vitest'
import { Document, parse } from 'yaml'
import { kubectlYaml } from './kubectl-yaml.ts'

const yamlOf = (value: unknown): string => kubectlYaml(new Document(value, { version: '1.1' }))

it.each([
  ['0o17', '"0o17"'],
  ['-0o17', '"-0o17"'],
  ['1e3_', '"1e3_"'],
  ['0_x7', '"0_x7"'],
  ['_user', '_user'],
  ['0b-1', '"0b-1"'],
  ['1h', '1h'],
  ['1.5h', '1.5h'],
  ['kms-1', 'kms-1'],
  ['\u2028', String.raw`"\u2028"`],
  ['a\u0085b', String.raw`"a\u0085b"`],
  ['a\u007fb', String.raw`"a\u007fb"`],
  ['\ufeffa', String.raw`"\ufeffa"`],
  ['\t\nb', String.raw`"\t\nb"`],
  [' \n', String.raw`"\ \n"`],
  ['one\ntwo\n', '|\n  one\n  two'],
])('writes %j so that kubectl reads it as the same text', (text, written) => {
  expect(yamlOf({ a: text })).toBe(`a: ${written}\n`)
  expect(parse(yamlOf({ a: text, list: [text] }))).toEqual({ a: text, list: [text] })
})

it('writes names of fields in the same way', () => {
  expect(yamlOf({ '0o17': 1, plain: true })).toBe('"0o17": 1\nplain: true\n')
})
