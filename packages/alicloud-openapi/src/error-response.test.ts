import { expect, it } from 'vitest'
import { factsSuffix, errorResponseFacts } from './error-response.ts'

const REFUSED = { status: 403, code: 'NoPermission', requestId: '6A-1', headers: { 'retry-after': '3' } }

it.each([
  [
    'all details',
    REFUSED,
    { httpStatus: 403, remoteCode: 'NoPermission', requestId: '6A-1', retryAfterMs: 3_000 },
    ' (NoPermission, HTTP 403)',
  ],
  ['only a status', { ...REFUSED, code: undefined, requestId: null, headers: {} }, { httpStatus: 403 }, ' (HTTP 403)'],
  ['malformed codes', { ...REFUSED, code: '<p>', requestId: 'a b', headers: {} }, { httpStatus: 403 }, ' (HTTP 403)'],
  [
    'no detail that may repeat a value',
    { ...REFUSED, code: 'Oops.canary-8d1f', requestId: 'canary-8d1f', headers: {} },
    { httpStatus: 403 },
    ' (HTTP 403)',
  ],
  ['nothing', { status: undefined, code: 1, requestId: {}, headers: {} }, {}, ''],
])('formats %s the same way each time', (_rule, response, facts, suffix) => {
  expect(errorResponseFacts(response, 0)).toStrictEqual(facts)
  expect(factsSuffix(errorResponseFacts(response, 0))).toBe(suffix)
  expect(factsSuffix(errorResponseFacts({ ...response, requestId: 'other' }, 0))).toBe(suffix)
})

it.each([
  'NoPermission',
  'Forbidden.ResourceNotFound',
  'Forbidden.DKMSInstanceNotFound',
  'Forbidden.AccessKey.Disabled2',
  'AuthenticationFail.OIDCToken.PublicKeyFingerprintMismatch',
  'UnsupportedHTTPMethod',
])('takes the code %s', (code) => expect(errorResponseFacts({ ...REFUSED, code }, 0).remoteCode).toBe(code))

it.each([
  'KfZ9mQ2vB7nR4tYcW8xLp3sHdJ6gAe',
  'LTAI5tQ8hXwZ3nKvB7mR2pYc',
  'Sup3rS3cretPassw0rd',
  'Forbidden.KfZ9mQ2vB7nR4tYcW8xLp3sHdJ6gAe',
  'Hunter2025',
  'STS.NUgYrLnoC37mZZCNnAbez1cv',
])('drops a code that could be a key, such as %s', (code) => {
  expect(errorResponseFacts({ ...REFUSED, code }, 0)).not.toHaveProperty('remoteCode')
})

it.each([
  ['a UUID', '8F9E2C1A-0B4D-4E6F-9A7B-3C5D1E2F4A6B', true],
  ['an id of a gateway', '0a1b2c3d', true],
  ['a key of 32 bytes', 'deadbeef'.repeat(8), false],
  ['a key of an AccessKey', 'KfZ9mQ2vB7nR4tYcW8xLp3sHdJ6gAe', false],
])('accepts or drops %s as a request id', (_what, requestId, taken) => {
  expect(errorResponseFacts({ ...REFUSED, requestId }, 0).requestId).toBe(taken ? requestId : undefined)
})
