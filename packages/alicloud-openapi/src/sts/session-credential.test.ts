import { inspect } from 'node:util'
import { thrownBy } from '@ack-secret-manager/test-support/failure-of'
import { describe, expect, it } from 'vitest'
import { sessionCredential } from './session-credential.ts'

const NOW = Date.UTC(2026, 0, 1)
const context = { what: 'assuming role r', askedAtMs: NOW, durationSeconds: 3_600 }
const CREDENTIALS = {
  AccessKeyId: 'STS.demo',
  AccessKeySecret: 'canary-secret',
  SecurityToken: 'canary-token',
  Expiration: '2026-01-01T01:00:00Z',
}

describe('sessionCredential', () => {
  it('is complete and frozen', () => {
    const credential = sessionCredential({ Credentials: CREDENTIALS }, context)
    expect(credential.accessKeyId).toBe('STS.demo')
    expect(credential.accessKeySecret.expose()).toBe('canary-secret')
    expect(credential.securityToken?.expose()).toBe('canary-token')
    expect(credential.expiresAtMs).toBe(NOW + 3_600_000)
    expect(Object.isFrozen(credential)).toBe(true)
    expect(inspect(credential, { depth: 10, showHidden: true })).not.toContain('canary')
  })

  it.each([
    ['the local clock is right', '2026-01-01T01:00:00Z', 3_600_000],
    ['the local clock is ahead: at the time of STS', '2026-01-01T00:30:00Z', 1_800_000],
    ['the local clock is behind: after the duration', '2026-01-01T09:00:00Z', 3_600_000],
  ])('expires in time when %s', (_rule, Expiration, lifeMs) =>
    expect(sessionCredential({ Credentials: { ...CREDENTIALS, Expiration } }, context).expiresAtMs).toBe(NOW + lifeMs),
  )

  it.each([
    ['no credentials', undefined, 'Credentials'],
    ['text', 'canary', 'Credentials'],
    ['no id', { ...CREDENTIALS, AccessKeyId: '' }, 'AccessKeyId'],
    ['a secret with a line break', { ...CREDENTIALS, AccessKeySecret: 'canary\n' }, 'AccessKeySecret'],
    ['no token', { ...CREDENTIALS, SecurityToken: undefined }, 'SecurityToken'],
    ['a number for a token', { ...CREDENTIALS, SecurityToken: 7 }, 'SecurityToken'],
    ['no date', { ...CREDENTIALS, Expiration: 'canary' }, 'Expiration'],
    ['an invalid date', { ...CREDENTIALS, Expiration: '2026-13-01T00:00:00Z' }, 'Expiration'],
  ])('refuses %s', (_rule, credentials, field) => {
    const error = thrownBy(() => sessionCredential({ Credentials: credentials }, context))
    expect(error).toMatchObject({
      code: 'InvalidResponse',
      message: `assuming role r: the response has no valid ${field}: check the endpoint`,
    })
    expect(inspect(error, { depth: 10 })).not.toContain('canary')
  })
})
