import { runInNewContext } from 'node:vm'
import { expect, it } from 'vitest'
import { searchTerms } from './search-terms.ts'

it.each([
  ['Keep the last value', ['keep', 'the', 'last', 'value']],
  ['`--polling-interval`', ['polling-interval', 'polling', 'interval']],
  ['spec.rotationInterval', ['spec.rotationinterval', 'spec', 'rotationinterval']],
  ['凭据', ['凭据']],
  ['凭据版本', ['凭据', '据版', '版本']],
  ['使用 RRSA 的凭据', ['使用', 'rrsa', '的凭', '凭据']],
  ['', []],
])('%s', (text, terms) => expect(searchTerms(text)).toEqual(terms))

it('refers to nothing outside, because the page gets a copy of its source', () => {
  const copy = runInNewContext(`(${searchTerms.toString()})`) as typeof searchTerms
  expect([...copy('KMS 凭据')]).toEqual(['kms', '凭据'])
})
