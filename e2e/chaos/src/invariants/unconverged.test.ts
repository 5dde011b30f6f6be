import { expect, it } from 'vitest'
import { copyOf, expectedOf, RESOURCES, targetOf } from '../workload/resources.ts'
import { ExpectedState } from './expected-state.ts'
import { unconvergedSecrets } from './unconverged.ts'

const [PICKS] = RESOURCES
if (!PICKS) throw new Error('the workload has no resource')
const whole = expectedOf(PICKS, () => 1)
const { document: _left, ...partial } = whole

it.each<[string, Readonly<Record<string, Readonly<Record<string, string>>>>, readonly string[]]>([
  ['is nothing where all is as KMS has it', { 'chaos-a/picks': whole }, []],
  ['is nothing where a key more was asked for', { 'chaos-a/picks': { ...whole, host: 'x' } }, []],
  ['is a Secret that is not there', {}, ['chaos-a/picks absent']],
  ['is a key that is not there', { 'chaos-a/picks': partial }, ['chaos-a/picks document']],
  [
    'is a key that nobody asks for any more',
    { 'chaos-a/picks': { ...whole, new_document: 'x' } },
    ['chaos-a/picks too much: new_document'],
  ],
  [
    'is a copy that is left over',
    { 'chaos-a/picks': whole, [copyOf('chaos-a/immutable')]: whole },
    [`${copyOf('chaos-a/immutable')} is left over`],
  ],
])('what has not settled %s', (_what, secrets, wrong) => {
  const seen = new Map(Object.entries(secrets).map(([key, data]) => [key, { data: new Map(Object.entries(data)) }]))
  expect(targetOf(PICKS)).toBe('chaos-a/picks')
  expect(unconvergedSecrets([PICKS], seen, new ExpectedState())).toEqual(wrong)
})
