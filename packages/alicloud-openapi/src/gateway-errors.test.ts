import { Sensitive } from '@ack-secret-manager/core'
import { describe, expect, it } from 'vitest'
import { classifyErrorResponse } from './gateway-errors.ts'
import { withRequester } from './error-classification.ts'

const failure = (httpStatus: number, remoteCode?: string, clockSkewMs?: number) => ({
  httpStatus,
  remoteCode,
  message: new Sensitive('canary'),
  clockSkewMs,
})

describe('classifyErrorResponse', () => {
  it.each([
    [404, 'InvalidAccessKeyId.NotFound', 'Unauthenticated', true],
    [400, 'InvalidAccessKeyId.Whatever', 'Unauthenticated', true],
    [403, 'SignatureDoesNotMatch', 'Unauthenticated', true],
    [400, 'InvalidSecurityToken.Expired', 'Unauthenticated', true],
    // The clock is wrong, not the credential.
    [400, 'InvalidTimeStamp.Expired', 'Unauthenticated', undefined],
    [400, 'InvalidTimeStamp.Whatever', 'Unauthenticated', undefined],
    [400, 'SignatureNonceUsed', 'Unavailable', undefined],
    [403, 'NoPermission', 'AccessDenied', undefined],
    [403, 'Forbidden.Whatever', 'AccessDenied', undefined],
    [400, 'Throttling.User', 'Throttled', undefined],
    [429, undefined, 'Throttled', undefined],
    [503, 'ServiceUnavailable', 'Unavailable', undefined],
    // A known code takes precedence over the status.
    [500, 'Throttling.Whatever', 'Throttled', undefined],
    [404, 'InvalidAction.NotFound', 'InvalidResponse', undefined],
    [400, 'MissingRoleArn', 'InvalidResponse', undefined],
    // A status without a code may come from a proxy, so it must not invalidate a shared session.
    [401, undefined, 'Unauthenticated', undefined],
    [401, 'Whatever', 'Unauthenticated', undefined],
    [403, 'Whatever', 'AccessDenied', undefined],
    [408, undefined, 'Unavailable', undefined],
    [502, undefined, 'Unavailable', undefined],
    [404, undefined, 'InvalidResponse', undefined],
    [400, 'constructor', 'InvalidResponse', undefined],
    [400, '__proto__', 'InvalidResponse', undefined],
  ])('HTTP %s %s means %s', (status, remoteCode, code, credentialRefused) => {
    const classification = classifyErrorResponse(failure(status, remoteCode))
    expect(classification.code).toBe(code)
    expect(classification.credentialRefused).toBe(credentialRefused)
    expect(classification.hint).not.toBe('')
  })

  it("prefers the product's table", () => {
    const table = {
      'Forbidden.RAM': { code: 'Unauthenticated', hint: 'no' },
      Max: ({ message }: { message: Sensitive<string> }) => ({
        code: 'InvalidSpec' as const,
        hint: `${message.expose().length}`,
      }),
    } as const
    expect(classifyErrorResponse(failure(403, 'Forbidden.RAM'), table)).toMatchObject({
      code: 'Unauthenticated',
      hint: 'no',
    })
    expect(classifyErrorResponse(failure(400, 'Max'), table)).toMatchObject({ code: 'InvalidSpec', hint: '6' })
    expect(classifyErrorResponse(failure(403, 'NoPermission'), table)).toMatchObject({ code: 'AccessDenied' })
  })

  it.each([
    [3_600_400, /which is 60 min ahead of the service's$/],
    [-1_000_000, /which is 17 min behind the service's$/],
    [400, /check this machine's clock$/],
    [undefined, /check this machine's clock$/],
  ])('reports the clock skew: %s ms', (skewMs, hint) =>
    expect(classifyErrorResponse(failure(400, 'InvalidTimeStamp.Expired', skewMs)).hint).toMatch(hint),
  )
})

it.each([
  ['NoPermission', 'AccessKey LTAI5tDemo may not call kms:GetSecretValue on this secret: no RAM policy allows it'],
  [
    'SignatureDoesNotMatch',
    'AccessKey LTAI5tDemo is rejected: the signature does not match: check the AccessKey secret',
  ],
  ['Throttling', 'the service throttles: more calls than the quota'],
])('%s names the identity if it matters', (remoteCode, hint) =>
  expect(
    withRequester(
      'AccessKey LTAI5tDemo',
      'call kms:GetSecretValue on this secret',
    )(classifyErrorResponse(failure(403, remoteCode))).hint,
  ).toBe(hint),
)
