import { Sensitive } from '@ack-secret-manager/core'
import { describe, expect, it } from 'vitest'
import { clientKeyVerdict, ramErrors } from './kms-errors.ts'

const failure = (httpStatus: number, remoteCode: string | undefined, message = '', clockSkewMs?: number) => ({
  httpStatus,
  remoteCode,
  message: new Sensitive(message),
  clockSkewMs,
})
const ME = 'client key KAAP.demo'

describe('clientKeyVerdict', () => {
  it.each([
    // The codes that the reference lists for the gateway, with the status they are listed under.
    [400, 'InvalidApiName', '', 'InvalidResponse'],
    [400, 'InvalidApiVersion', '', 'InvalidResponse'],
    [400, 'InvalidParam', 'The Param Date is invalid.', 'Unauthenticated'],
    [400, 'InvalidParam', 'The Param Authorization is invalid.', 'Unauthenticated'],
    [400, 'InvalidParam', 'The Param x-kms-signaturemethod is invalid.', 'InvalidResponse'],
    [400, 'InvalidParam', 'The Param Content-SHA256 is invalid.', 'InvalidResponse'],
    [400, 'InvalidParam', '', 'InvalidResponse'],
    [400, 'MissingParameter', 'x-kms-acccesskeyid', 'InvalidResponse'],
    [400, 'RequestTimeTooSkewed', '', 'Unauthenticated'],
    [400, 'InvalidParameter', '', 'InvalidResponse'],
    [400, 'UnsupportedOperation', '', 'AccessDenied'],
    [401, 'SignatureNotMatch', '', 'Unauthenticated'],
    [403, 'Forbidden.NoPermission', '', 'AccessDenied'],
    [404, 'Forbidden.ResourceNotFound', '', 'NotFound'],
    [404, 'Forbidden.KeyNotFound', '', 'AccessDenied'],
    // Not a secret that is missing: a key that is.
    [404, 'Unauthorized', '', 'Unauthenticated'],
    [409, 'Rejected.PendingDeletion', '', 'AccessDenied'],
    [409, 'Rejected.Disabled', '', 'AccessDenied'],
    [409, 'Rejected.PendingImport', '', 'AccessDenied'],
    [413, undefined, '', 'InvalidResponse'],
    [415, 'InvalidContentType', '', 'InvalidResponse'],
    [429, 'Rejected.Throttling', '', 'Throttled'],
    [500, 'InternalFailure', '', 'Unavailable'],
    [503, 'ServiceUnavailableTemporary', '', 'Unavailable'],
    // Unknown members of known families, and nothing but a status.
    [403, 'Forbidden.Whatever', '', 'AccessDenied'],
    [502, undefined, '', 'Unavailable'],
    [429, undefined, '', 'Throttled'],
    [401, undefined, '', 'Unauthenticated'],
    [404, 'Whatever.NotFound', '', 'InvalidResponse'],
    [404, 'constructor', '', 'InvalidResponse'],
  ])('HTTP %s %s %s means %s', (status, remoteCode, message, code) => {
    const verdict = clientKeyVerdict(failure(status, remoteCode, message), ME)
    expect(verdict.code).toBe(code)
    if (code === 'AccessDenied') expect(verdict.hint).toMatch(/^client key KAAP.demo may not kms:GetSecretValue it: ./)
    if (code === 'Unauthenticated') expect(verdict.hint).toMatch(/^client key KAAP.demo is refused: ./)
  })

  it.each([
    ['RequestTimeTooSkewed', ''],
    ['InvalidParam', 'The Param Date is invalid.'],
  ])('%s: tells how wrong the clock is', (remoteCode, message) =>
    expect(clientKeyVerdict(failure(400, remoteCode, message, 3_600_000), ME).hint).toMatch(
      /check this machine's clock, which is 3600 s ahead of the service's$/,
    ),
  )
})

describe('ramErrors', () => {
  const table = ramErrors('AccessKey LTAI5tDemo')
  it.each([
    ['Forbidden.NoPermission', 'AccessDenied', /^AccessKey LTAI5tDemo may not kms:GetSecretValue it: no RAM policy/],
    ['Forbidden.KeyNotFound', 'AccessDenied', /^AccessKey LTAI5tDemo may not kms:GetSecretValue it: the KMS key/],
    ['InvalidAccessKeyId.NotFound', 'Unauthenticated', /^AccessKey LTAI5tDemo is refused: /],
    ['IllegalTimestamp', 'Unauthenticated', /clock/],
    ['Forbidden.ResourceNotFound', 'NotFound', /^no such secret/],
  ])('%s means %s', (remoteCode, code, hint) => {
    const entry = table[remoteCode]
    const verdict = typeof entry === 'function' ? entry(failure(400, remoteCode)) : entry
    expect(verdict).toMatchObject({ code, hint: expect.stringMatching(hint) })
  })
})
