import { expect, it } from 'vitest'
import { factsSuffix, refusalFacts } from './refusal-facts.ts'

const REFUSED = { status: 403, code: 'NoPermission', requestId: '6A-1', headers: { 'retry-after': '3' } }

it.each([
  [
    'all there is',
    REFUSED,
    { httpStatus: 403, remoteCode: 'NoPermission', requestId: '6A-1', retryAfterMs: 3_000 },
    ' (NoPermission, HTTP 403)',
  ],
  ['a status alone', { ...REFUSED, code: undefined, requestId: null, headers: {} }, { httpStatus: 403 }, ' (HTTP 403)'],
  [
    'codes that are none',
    { ...REFUSED, code: '<p>', requestId: 'a b', headers: {} },
    { httpStatus: 403 },
    ' (HTTP 403)',
  ],
  [
    'nothing that may repeat a value',
    { ...REFUSED, code: 'Oops.canary-8d1f', requestId: 'canary-8d1f', headers: {} },
    { httpStatus: 403 },
    ' (HTTP 403)',
  ],
  ['nothing', { status: undefined, code: 1, requestId: {}, headers: {} }, {}, ''],
])('takes %s, and says the same each time that the same is refused', (_rule, answer, facts, suffix) => {
  expect(refusalFacts(answer, 0)).toStrictEqual(facts)
  expect(factsSuffix(refusalFacts(answer, 0))).toBe(suffix)
  expect(factsSuffix(refusalFacts({ ...answer, requestId: 'other' }, 0))).toBe(suffix)
})
