import { canary } from '@ack-secret-manager/test-support/canary'
import { expect, it } from 'vitest'
import { type Edited, editedText } from './edited-text.ts'

const VALUE = canary('edited')
const changed = (text: string, ...notes: string[]): Edited => ({ kind: 'changed', text, notes })

it.each<[rule: string, before: string, after: string, edited: Edited]>([
  ['the same text', 'a\nb\n', 'a\nb\n', { kind: 'same' }],
  ['the line break that an editor adds', 'a', 'a\n', { kind: 'same' }],
  ['the line break that a Windows editor adds', 'a', 'a\r\n', { kind: 'same' }],
  ['one line break more', 'a', 'a\n\n', changed('a\n')],
  ['a removed line break', 'a\n', 'a', changed('a')],
  ['an empty file', 'a', '\n', { kind: 'empty' }],
  ['other text', 'a', 'b\n', changed('b')],
  ['whitespace of JSON, byte for byte', '{"a":1}', '{ "a": 1 }\n', changed('{ "a": 1 }', 'note: keys: none changed')],
  [
    'keys of JSON, without values',
    `{"a":"1","b":"${VALUE}","c":3}`,
    `{"a":"1","b":"2","d":"${VALUE}"}\n`,
    changed(`{"a":"1","b":"2","d":"${VALUE}"}`, 'note: keys: changed b; added d; removed c'),
  ],
  ['a list', '[1]', '[2]\n', changed('[2]')],
  ['text that becomes JSON', 'a', '{}', changed('{}')],
  ['JSON that is none any more', '{"a":1}', `{"a":"${VALUE}"`, { kind: 'broken', where: ' (line 1, column 30)' }],
])('compares %s', (_rule, before, after, edited) => {
  const result = editedText(before, after)
  if (result.kind === 'broken') {
    expect(result).toEqual({ kind: 'broken', where: expect.stringMatching(/^(?: \(line 1, column \d+\))?$/) })
  } else expect(result).toEqual(edited)
  expect(JSON.stringify({ ...result, text: '' })).not.toContain(VALUE)
})

it('names at most ten keys', () => {
  const object = Object.fromEntries(Array.from({ length: 12 }, (_none, at) => [`k${at}`, at]))
  expect(editedText('{}', JSON.stringify(object))).toMatchObject({
    notes: ['note: keys: added k0, k1, k2, k3, k4, k5, k6, k7, k8, k9 and 2 more'],
  })
})
