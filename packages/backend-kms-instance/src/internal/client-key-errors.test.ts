import { Sensitive } from '@ack-secret-manager/core'
import { describe, expect, it } from 'vitest'
import { classifyClientKeyError } from './client-key-errors.ts'

const failure = (httpStatus: number, remoteCode: string | undefined, message = '', clockSkewMs?: number) => ({
  httpStatus,
  remoteCode,
  message: new Sensitive(message),
  clockSkewMs,
})

describe('classifyClientKeyError', () => {
  it.each([
    // The codes of the gateway with the status of the reference.
    [400, 'InvalidApiName', '', 'InvalidResponse'],
    [400, 'InvalidApiVersion', '', 'InvalidResponse'],
    [400, 'InvalidParam', 'The Param Date is invalid.', 'Unauthenticated'],
    [400, 'InvalidParam', 'The Param Authorization is invalid.', 'Unauthenticated'],
    [400, 'InvalidParam', 'The Param x-kms-signaturemethod is invalid.', 'InvalidResponse'],
    [400, 'InvalidParam', 'The Param Content-SHA256 is invalid.', 'InvalidResponse'],
    [400, 'InvalidParam', '', 'InvalidSpec'],
    [400, 'MissingParameter', 'x-kms-acccesskeyid', 'InvalidResponse'],
    [400, 'RequestTimeTooSkewed', '', 'Unauthenticated'],
    [400, 'InvalidParameter', '', 'InvalidSpec'],
    [400, 'UnsupportedOperation', '', 'AccessDenied'],
    [401, 'SignatureNotMatch', '', 'Unauthenticated'],
    [403, 'Forbidden.NoPermission', '', 'AccessDenied'],
    [404, 'Forbidden.ResourceNotFound', '', 'NotFound'],
    [404, 'Forbidden.KeyNotFound', '', 'AccessDenied'],
    // The key is missing, not the secret.
    [404, 'Unauthorized', '', 'Unauthenticated'],
    [409, 'Rejected.PendingDeletion', '', 'AccessDenied'],
    [409, 'Rejected.Disabled', '', 'AccessDenied'],
    [409, 'Rejected.PendingImport', '', 'AccessDenied'],
    [413, undefined, '', 'InvalidResponse'],
    [415, 'InvalidContentType', '', 'InvalidResponse'],
    [429, 'Rejected.Throttling', '', 'Throttled'],
    [500, 'InternalFailure', '', 'Unavailable'],
    [503, 'ServiceUnavailableTemporary', '', 'Unavailable'],
    // Unknown codes of known families, and a status without a code.
    [403, 'Forbidden.Whatever', '', 'AccessDenied'],
    [502, undefined, '', 'Unavailable'],
    [429, undefined, '', 'Throttled'],
    [401, undefined, '', 'Unauthenticated'],
    [404, 'Whatever.NotFound', '', 'InvalidResponse'],
    [404, 'constructor', '', 'InvalidResponse'],
  ])('HTTP %s %s %s means %s', (status, remoteCode, message, code) => {
    const classification = classifyClientKeyError(failure(status, remoteCode, message))
    expect(classification.code).toBe(code)
    expect(classification.hint).not.toBe('')
  })

  it.each([
    ['RequestTimeTooSkewed', ''],
    ['InvalidParam', 'The Param Date is invalid.'],
  ])('%s: reports the clock skew', (remoteCode, message) =>
    expect(classifyClientKeyError(failure(400, remoteCode, message, 3_600_000)).hint).toMatch(
      /check this machine's clock, which is 60 min ahead of the service's$/,
    ),
  )
})
