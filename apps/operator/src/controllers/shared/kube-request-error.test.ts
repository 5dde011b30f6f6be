import { SecretSyncError } from '@ack-secret-manager/core'
import { KubeApiError } from '@ack-secret-manager/k8s-client'
import { expect, it } from 'vitest'
import { kubeRequestError } from './kube-request-error.ts'

it.each([
  [401, 'Unavailable'],
  [403, 'WriteDenied'],
  [404, 'WriteFailed'],
  [408, 'Unavailable'],
  [422, 'WriteFailed'],
  [429, 'Unavailable'],
  [503, 'Unavailable'],
])('maps the response %i to %s', (status, code) => {
  const error = new KubeApiError(`patch externalsecrets/status: ${status}`, { status, reason: '', causes: [] })
  expect(kubeRequestError(error, 'status')).toMatchObject({
    code,
    message: error.message,
    facts: { httpStatus: status },
  })
})

it.each([
  [new SecretSyncError('Unauthenticated', 'no token'), 'Unavailable', 'no token'],
  [new SecretSyncError('Timeout', 'no response'), 'Timeout', 'no response'],
  [new TypeError('hunter2'), 'Internal', 'status: unexpected TypeError'],
])('maps %s without a response to %s', (error, code, words) => {
  expect(kubeRequestError(error, 'status')).toMatchObject({ code, message: expect.stringContaining(words) })
})

it('keeps the pause that the API server requests', () => {
  const error = new KubeApiError('patch: 429', {
    status: 429,
    reason: 'TooManyRequests',
    causes: [],
    retryAfterMs: 7_000,
  })
  expect(kubeRequestError(error, 'status').facts).toEqual({ httpStatus: 429, retryAfterMs: 7_000 })
})
