import { describe, expect, it } from 'vitest'
import { isKubeApiError } from './kube-api-error.ts'
import { requestInfo } from './request-info.ts'
import { statusError } from './status-error.ts'

const ofSecret = requestInfo('PATCH', '/api/v1/namespaces/app/secrets/db')
const ofResource = requestInfo('PATCH', '/apis/alibabacloud.com/v1alpha1/namespaces/app/externalsecrets/db/status')
const status = (facts: object): string =>
  JSON.stringify({ kind: 'Status', apiVersion: 'v1', status: 'Failure', ...facts })

describe('for a request about a Secret', () => {
  it.each([
    [
      'drops quoted values, keeps field paths and reasons',
      422,
      {
        reason: 'Invalid',
        message: 'Secret "db" is invalid: data[tls.crt]: Invalid value: "canary-8d1f": no',
        details: {
          causes: [{ field: 'data[tls.crt]', reason: 'FieldValueInvalid', message: 'Invalid value: "canary-8d1f"' }],
        },
      },
      'patch secrets app/db: 422 Invalid: data[tls.crt]: FieldValueInvalid',
    ],
    [
      'drops a decoding error that quotes the body',
      400,
      { reason: 'BadRequest', message: 'cannot unmarshal string "canary-8d1f" into Go struct field' },
      'patch secrets app/db: 400 BadRequest',
    ],
    [
      'keeps the name of a webhook, drops its message',
      403,
      {
        reason: 'Forbidden',
        message: 'admission webhook "policy.example.com" denied the request: value canary-8d1f is weak',
      },
      'patch secrets app/db: 403: admission webhook "policy.example.com" denied the request',
    ],
    [
      'drops reason and field paths of a webhook',
      403,
      {
        reason: 'canary',
        message:
          'secrets "db" is forbidden: admission webhook "policy.example.com" denied the request: value canary-8d1f is weak',
        details: { causes: [{ field: 'canary-8d1f', reason: 'canary' }] },
      },
      'patch secrets app/db: 403: secrets "db" is forbidden: admission webhook "policy.example.com" denied the request',
    ],
    [
      'keeps the message of RBAC',
      403,
      {
        reason: 'Forbidden',
        message:
          'secrets "db" is forbidden: User "system:serviceaccount:ops:acksm" cannot patch resource "secrets" in API group "" in the namespace "app"',
      },
      'patch secrets app/db: 403 Forbidden: secrets "db" is forbidden: User "system:serviceaccount:ops:acksm" cannot patch resource "secrets" in API group "" in the namespace "app"',
    ],
    [
      'keeps the message of a conflict',
      409,
      {
        reason: 'Conflict',
        message:
          'Operation cannot be fulfilled on secrets "db": the object has been modified; please apply your changes',
      },
      'patch secrets app/db: 409 Conflict: Operation cannot be fulfilled on secrets "db": the object has been modified',
    ],
    [
      'drops a reason that is not a word',
      500,
      { reason: 'canary-8d1f !', message: 'canary-8d1f' },
      'patch secrets app/db: 500',
    ],
  ])('%s', (_rule, code, facts, message) => {
    const error = statusError(ofSecret, code, status(facts), undefined)
    expect(error.message).toBe(message)
    expect(JSON.stringify(error)).not.toContain('canary')
  })
})

it.each([
  [
    'a policy',
    422,
    `secrets "db" is forbidden: ValidatingAdmissionPolicy 'small' with binding 'all' denied request: canary-8d1f is weak`,
    { kind: 'denied', by: `ValidatingAdmissionPolicy 'small' with binding 'all'` },
  ],
  [
    'a policy without binding',
    422,
    `secrets "db" is forbidden: ValidatingAdmissionPolicy 'small' denied request: canary-8d1f is weak`,
    { kind: 'denied', by: `ValidatingAdmissionPolicy 'small'` },
  ],
  [
    'a mutating policy',
    403,
    `policy 'labels' with binding 'all' denied request: error applying patch: .data.v: expected string, got canary-8d1f`,
    { kind: 'denied', by: `policy 'labels' with binding 'all'` },
  ],
  [
    'a webhook',
    400,
    'admission webhook "policy.example.com" denied the request: canary-8d1f is weak',
    { kind: 'denied', by: 'admission webhook "policy.example.com"' },
  ],
  [
    'a webhook that cannot be called',
    500,
    'Internal error occurred: failed calling webhook "policy.example.com": failed to call webhook: Post "https://canary-8d1f"',
    { kind: 'unreachable', by: 'webhook "policy.example.com"' },
  ],
  [
    'a quota',
    403,
    'secrets "db" is forbidden: exceeded quota: few, requested: secrets=1, used: secrets=5, limited: secrets=5',
    { kind: 'exceeded', by: 'few' },
  ],
  ['no admission plugin', 403, 'secrets "db" is forbidden: User "x" cannot patch resource "secrets"', undefined],
])('names what rejected a Secret: %s', (_what, code, message, admission) => {
  const causes = [{ message }]
  const error = statusError(ofSecret, code, status({ reason: 'Invalid', message, details: { causes } }), undefined)
  expect(error.admission).toEqual(admission)
  expect(`${error.message}${JSON.stringify(error)}`).not.toContain('canary')
})

it('names the reason once if the message is the same', () => {
  const error = statusError(ofResource, 401, status({ reason: 'Unauthorized', message: 'Unauthorized' }), undefined)
  expect(error.message).toBe('patch externalsecrets/status app/db: 401 Unauthorized')
})

it('keeps the message for other resources, up to a length', () => {
  const message = `ExternalSecret "db" is invalid: spec.data: Required value ${'x'.repeat(5_000)}`
  const error = statusError(ofResource, 422, status({ reason: 'Invalid', message }), undefined)
  expect(error.message).toMatch(/^patch externalsecrets\/status app\/db: 422 Invalid: ExternalSecret "db" is invalid/)
  expect(error.message.length).toBeLessThan(600)
})

it.each(['<html>canary-8d1f</html>', '', '[]', '{"canary-8d1f":', 'null'])(
  'drops a body that is not a Status: %s',
  (text) => {
    expect(statusError(ofResource, 502, text, undefined).message).toBe('patch externalsecrets/status app/db: 502')
  },
)

it.each([
  ['the header', '7', {}, 7_000],
  ['the header before the body', '7', { details: { retryAfterSeconds: 9 } }, 7_000],
  ['the body', undefined, { details: { retryAfterSeconds: 9 } }, 9_000],
  ['at most an hour', '999999', {}, 3_600_000],
  ['not from a date', 'Wed, 21 Oct 2026 07:28:00 GMT', {}, undefined],
  ['not from a negative number', undefined, { details: { retryAfterSeconds: -1 } }, undefined],
])('takes Retry-After from %s', (_what, header, facts, retryAfterMs) => {
  expect(statusError(ofResource, 429, status(facts), header).retryAfterMs).toBe(retryAfterMs)
})

it('is recognised by status, also by another copy of the package', () => {
  const error = statusError(ofSecret, 404, status({ reason: 'NotFound' }), undefined)
  const foreign = Object.assign(new Error('x'), { status: 404, [Symbol.for('ack-secret-manager.KubeApiError')]: true })
  for (const each of [error, foreign]) {
    expect(isKubeApiError(each)).toBe(true)
    expect(isKubeApiError(each, 404)).toBe(true)
    expect(isKubeApiError(each, 409)).toBe(false)
  }
  for (const other of [new Error('x'), undefined, null, { status: 404 }]) expect(isKubeApiError(other, 404)).toBe(false)
})
