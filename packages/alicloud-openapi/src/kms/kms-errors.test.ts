import { Sensitive } from '@ack-secret-manager/core'
import { describe, expect, it } from 'vitest'
import { classifyErrorResponse } from '../gateway-errors.ts'
import { KMS_ERRORS } from './kms-errors.ts'

const classifyKmsError = (remoteCode: string | undefined, httpStatus = 0) =>
  classifyErrorResponse({ httpStatus, remoteCode, message: new Sensitive(''), clockSkewMs: undefined }, KMS_ERRORS)

describe('error codes of KMS', () => {
  it.each([
    // The codes with the status of the references.
    [400, 'MissingParameter', 'InvalidResponse'],
    [400, 'InvalidParameter', 'InvalidSpec'],
    [400, 'ParseRequestParameterException', 'InvalidSpec'],
    [400, 'ValidationError', 'InvalidSpec'],
    [400, 'IncompleteSignature', 'Unauthenticated'],
    [400, 'IllegalTimestamp', 'Unauthenticated'],
    [400, 'Rejected.LimitExceeded', 'Throttled'],
    [400, 'Rejected.UnsupportedOperation', 'AccessDenied'],
    [400, 'SignatureDoesNotMatch', 'Unauthenticated'],
    [403, 'SignatureDoesNotMatch', 'Unauthenticated'],
    [400, 'SignatureNonceUsed', 'Unavailable'],
    [400, 'InvalidTimeStamp.Expired', 'Unauthenticated'],
    [400, 'InvalidTimeStamp.Format', 'Unauthenticated'],
    [400, 'MissingSecurityToken', 'Unauthenticated'],
    [400, 'InvalidSecurityToken.Expired', 'Unauthenticated'],
    [400, 'InvalidSecurityToken.Malformed', 'Unauthenticated'],
    [400, 'InvalidSecurityToken.MismatchWithAccessKey', 'Unauthenticated'],
    [400, 'Throttling.User', 'Throttled'],
    [400, 'Throttling.Api', 'Throttled'],
    [403, 'Forbidden.NoPermission', 'AccessDenied'],
    [403, 'Forbidden.AccessKey', 'Unauthenticated'],
    [403, 'UnsupportedHTTPMethod', 'InvalidResponse'],
    [403, 'Forbidden.UbsmsInvalidUserid', 'AccessDenied'],
    [403, 'Forbidden.UbsmsInvalidBid', 'AccessDenied'],
    [403, 'Forbidden.KmsServiceNotEnabled', 'AccessDenied'],
    [403, 'Forbidden.ProhibitedByRiskControl', 'AccessDenied'],
    [403, 'Forbidden.InDebt', 'AccessDenied'],
    [403, 'Forbidden.InDebtOverdue', 'AccessDenied'],
    [403, 'Forbidden.DKMSInstanceStateInvalid', 'Unavailable'],
    [403, 'Forbidden.DKMSInstanceNotFound', 'Unavailable'],
    [404, 'Forbidden.ResourceNotFound', 'NotFound'],
    [404, 'Forbidden.KeyNotFound', 'AccessDenied'],
    [404, 'Forbidden.KeyVersionNotFound', 'AccessDenied'],
    [404, 'Forbidden.AliasNotFound', 'AccessDenied'],
    [404, 'InvalidAccessKeyId.NotFound', 'Unauthenticated'],
    [409, 'Rejected.ResourceInDeleteWindow', 'NotFound'],
    [409, 'Rejected.Disabled', 'AccessDenied'],
    [409, 'Rejected.PendingDeletion', 'AccessDenied'],
    [409, 'Rejected.PendingImport', 'AccessDenied'],
    [409, 'Rejected.StateModifiedFailed', 'Unavailable'],
    [429, 'Rejected.Throttling', 'Throttled'],
    [500, 'InternalFailure', 'Unavailable'],
    [503, 'ServiceUnavailableTemporary', 'Unavailable'],
    // A known code takes precedence over the status, and works without one.
    [500, 'Forbidden.NoPermission', 'AccessDenied'],
    [undefined, 'Rejected.Throttling', 'Throttled'],
    // Unknown codes of known families.
    [404, 'InvalidAccessKeyId.Whatever', 'Unauthenticated'],
    [400, 'Throttling.Whatever', 'Throttled'],
    [403, 'Forbidden.Whatever', 'AccessDenied'],
    [404, 'InvalidAction.Whatever', 'InvalidResponse'],
    [400, 'InvalidParameter.SecretName', 'InvalidSpec'],
    [400, 'MissingParameter.Whatever', 'InvalidResponse'],
    // A status without a code.
    [401, undefined, 'Unauthenticated'],
    [403, 'Whatever', 'AccessDenied'],
    [408, undefined, 'Unavailable'],
    [429, undefined, 'Throttled'],
    [502, 'Whatever', 'Unavailable'],
    // Only a code of KMS shows that a secret does not exist, because a wrong endpoint returns 404 too.
    [404, undefined, 'InvalidResponse'],
    [404, 'Whatever.NotFound', 'InvalidResponse'],
    [undefined, undefined, 'InvalidResponse'],
  ])('HTTP %s %s means %s', (status, remoteCode, code) => {
    const classification = classifyKmsError(remoteCode, status)
    expect(classification.code).toBe(code)
    expect(classification.hint).not.toBe('')
  })

  it.each([
    ['InvalidAccessKeyId.NotFound', true],
    ['InvalidSecurityToken.Expired', true],
    ['SignatureDoesNotMatch', true],
    // The clock is wrong, not the credential.
    ['InvalidTimeStamp.Expired', undefined],
    ['Forbidden.NoPermission', undefined],
    ['Forbidden.ResourceNotFound', undefined],
  ])('%s: the credential was rejected: %s', (remoteCode, refused) =>
    expect(classifyKmsError(remoteCode, 400).credentialRefused).toBe(refused),
  )

  it('only a secret that KMS does not have is absent: not one scheduled for deletion, nor one that KMS cannot decrypt', () => {
    const codes = Object.keys(KMS_ERRORS)
    expect(codes.filter((code) => classifyKmsError(code).absent)).toEqual(['Forbidden.ResourceNotFound'])
  })
})
