import { expect, it } from 'vitest'
import { copyOf, expectedOf, RESOURCES, targetOf } from '../workload/resources.ts'
import { ExpectedState } from './expected-state.ts'
import { unconvergedSecrets } from './unconverged.ts'

const [PICKS] = RESOURCES
if (!PICKS) throw new Error('the workload has no resource')
const whole = expectedOf(PICKS, () => 1)
const { document: _left, ...partial } = whole

it.each<[string, Readonly<Record<string, Readonly<Record<string, string>>>>, readonly string[]]>([
  ['is empty if the Secret matches KMS', { 'chaos-a/picks': whole }, []],
  ['is empty with an additional optional key', { 'chaos-a/picks': { ...whole, host: 'x' } }, []],
  ['lists an absent Secret', {}, ['chaos-a/picks absent']],
  ['lists an absent key', { 'chaos-a/picks': partial }, ['chaos-a/picks document']],
  [
    'lists a key that is no longer in the spec',
    { 'chaos-a/picks': { ...whole, new_document: 'x' } },
    ['chaos-a/picks surplus: new_document'],
  ],
  [
    'lists a leftover copy',
    { 'chaos-a/picks': whole, [copyOf('chaos-a/immutable')]: whole },
    [`${copyOf('chaos-a/immutable')} is left over`],
  ],
])('the list of differences %s', (_what, secrets, wrong) => {
  const seen = new Map(Object.entries(secrets).map(([key, data]) => [key, { data: new Map(Object.entries(data)) }]))
  expect(targetOf(PICKS)).toBe('chaos-a/picks')
  expect(unconvergedSecrets([PICKS], seen, new ExpectedState())).toEqual(wrong)
})
