import { SecretSyncError } from '@ack-secret-manager/core'
import { type AdmissionRejection, KubeApiError } from '@ack-secret-manager/k8s-client'
import { describe, expect, it } from 'vitest'
import { type Attempt, writeError } from './write-error.ts'

const target = { namespace: 'team-a', name: 'db' }
const apiError = (status: number, reason = '', ...causes: [field: string, reason: string][]): KubeApiError =>
  new KubeApiError('words of the API server', {
    status,
    reason,
    causes: causes.map(([field, why]) => ({ field, reason: why })),
    retryAfterMs: 7_000,
  })

const kept = (status: number, kind: AdmissionRejection['kind'], by: string): KubeApiError =>
  new KubeApiError('words of the API server', { status, reason: '', causes: [], admission: { kind, by } })

describe('writeError', () => {
  it.each<[Attempt['verb'], KubeApiError | SecretSyncError, string, string]>([
    ['create', apiError(409, 'AlreadyExists'), 'Conflict', 'already exists'],
    ['patch', apiError(409, 'Conflict'), 'Conflict', 'changed'],
    ['delete', apiError(409, 'Conflict'), 'Conflict', 'changed'],
    ['patch', apiError(404, 'NotFound'), 'Conflict', 'no longer exists'],
    ['delete', apiError(404, 'NotFound'), 'Conflict', 'no longer exists'],
    ['create', apiError(404, 'NotFound'), 'WriteFailed', 'namespace team-a does not exist'],
    [
      'create',
      apiError(403, 'Forbidden', ['metadata.namespace', 'NamespaceTerminating']),
      'WriteFailed',
      'being deleted',
    ],
    ['create', apiError(403, 'Forbidden'), 'WriteDenied', 'verb "create" on "secrets" in namespace team-a'],
    // The token of the operator is replaced on its own, unlike a missing permission for one Secret.
    ['get', apiError(401, 'Unauthorized'), 'Unavailable', 'credentials'],
    ['patch', apiError(401, 'Unauthorized'), 'Unavailable', 'credentials'],
    ['patch', apiError(422, 'Invalid', ['metadata.uid', 'FieldValueInvalid']), 'Conflict', 'another object'],
    ['patch', apiError(422, 'Invalid', ['data[tls.key]', 'FieldValueRequired']), 'InvalidForType', 'data[tls.key]'],
    [
      'patch',
      apiError(422, 'Invalid', ['type', 'FieldValueInvalid']),
      'InvalidForType',
      'type: the Secret has another',
    ],
    ['create', apiError(422, 'Invalid', ['data', 'FieldValueTooLong']), 'TooLarge', 'data'],
    [
      'patch',
      apiError(422, 'Invalid', ['metadata.annotations', 'FieldValueTooLong']),
      'TooLarge',
      'metadata.annotations',
    ],
    ['patch', apiError(422, 'Invalid', ['data', 'FieldValueForbidden']), 'WriteDenied', 'immutable'],
    [
      'patch',
      apiError(422, 'Invalid', ['metadata.ownerReferences', 'FieldValueInvalid']),
      'TargetConflict',
      'another controller',
    ],
    ['patch', apiError(422, 'Invalid'), 'InvalidForType', 'invalid'],
    ['patch', apiError(422, 'Invalid', ['', '']), 'WriteDenied', 'admission policy'],
    [
      'patch',
      kept(422, 'denied', "ValidatingAdmissionPolicy 'small'"),
      'WriteDenied',
      "ValidatingAdmissionPolicy 'small' denied it",
    ],
    ...[400, 401, 409, 413, 500].map((status): [Attempt['verb'], KubeApiError, string, string] => [
      'create',
      kept(status, 'denied', 'admission webhook "policy.example.com"'),
      'WriteDenied',
      'admission webhook "policy.example.com" denied it',
    ]),
    ['create', kept(403, 'exceeded', 'few'), 'WriteDenied', 'quota few is exceeded'],
    [
      'patch',
      kept(500, 'unreachable', 'webhook "policy.example.com"'),
      'Unavailable',
      'cannot call webhook "policy.example.com"',
    ],
    ['create', apiError(413, 'RequestEntityTooLarge'), 'TooLarge', 'too large'],
    ['patch', apiError(429, 'TooManyRequests'), 'Unavailable', '429'],
    ['patch', apiError(500, 'InternalError'), 'Unavailable', '500'],
    ['patch', apiError(503), 'Unavailable', '503'],
    ['patch', apiError(400, 'BadRequest'), 'WriteFailed', '400'],
    ['patch', new SecretSyncError('Timeout', 'no response'), 'Timeout', 'no response'],
    ['patch', new SecretSyncError('Unauthenticated', 'no token'), 'Unavailable', 'no token'],
    ['get', new SecretSyncError('InvalidResponse', 'no JSON'), 'Unavailable', 'no JSON'],
  ])('%s, %s: %s', (verb, error, code, words) => {
    const failure = writeError(error, { verb, target })
    expect(failure).toMatchObject({ code, message: expect.stringContaining(words) })
    expect(failure.message).not.toContain('words of the API server')
  })

  it('keeps Retry-After and the status', () => {
    expect(writeError(apiError(429, 'TooManyRequests'), { verb: 'patch', target }).facts).toEqual({
      httpStatus: 429,
      remoteCode: 'TooManyRequests',
      retryAfterMs: 7_000,
    })
  })

  it('keeps only the name of an unexpected error', () => {
    const failure = writeError(new TypeError('hunter2'), { verb: 'patch', target })
    expect(failure.code).toBe('Internal')
    expect(`${failure.message}${failure.stack}${JSON.stringify(failure)}`).not.toContain('hunter2')
  })
})
