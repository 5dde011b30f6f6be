import { inspect } from 'node:util'
import { Sensitive } from '@ack-secret-manager/core'
import { describe, expect, it } from 'vitest'
import { accessKeyId, accessKeyLabel } from './access-key-id.ts'
import { accessKeyProvider } from './access-key-provider.ts'

describe('accessKeyId', () => {
  it.each([
    ['of a RAM user, 24 characters', 'LTAI5tBcc9SecYAoLTAI5tBc'],
    ['of a RAM user, 16 characters', 'LTAI5tBcc9SecYAo'],
    ['of a session of STS', 'STS.NUDa3w5bGSLv8KRGDXVmnTDEM'],
    ['of a session of the console', 'TMP.3Ker6WKYHexxxxxxpRuQaM'],
    ['of the longest form', `LTAI${'x'.repeat(124)}`],
  ])('accepts and shows an id %s', (_what, id) => {
    expect(accessKeyId(` ${id}\n`, 'part')).toBe(id)
    expect(accessKeyLabel(id)).toBe(`AccessKey ${id}`)
  })

  it('accepts an id from before 2016 without showing it', () => {
    expect(accessKeyId('QSS1nqFPdzdI1rPi', 'part')).toBe('QSS1nqFPdzdI1rPi')
    expect(accessKeyLabel('QSS1nqFPdzdI1rPi')).toBe('AccessKey with an id of the old form')
  })

  it.each([
    ['an AccessKey secret', 'canaryHMTnr9rBIiCFRvNGCcanary1'],
    ['a password', 'canary-Passw0rd!'],
    ['a password of 17 letters and digits', 'canary01234567890'],
    ['a password of 15 letters and digits', 'canary012345678'],
    ['a prefix alone', 'LTAI'],
    ['a prefix in the middle', 'canary-LTAI5tDemo'],
    ['a prefix in small letters', 'ltaicanarycanary-'],
    ['a prefix and other characters', 'LTAIcanary_canary'],
    ['a prefix and a line of JSON', 'LTAI{"canary":1}'],
    ['129 characters', `LTAI${'canary012'.repeat(13)}canary0x`],
  ])('rejects %s without repeating it', (_what, text) => {
    const thrown = caught(() => accessKeyId(text, 'key "id" of Secret prod/kms'))
    expect(thrown).toMatchObject({
      code: 'Unauthenticated',
      message: 'key "id" of Secret prod/kms is not an AccessKey id (LTAI…, STS.… or TMP.…): are id and secret swapped?',
    })
    expect(inspect(thrown, { depth: 10, showHidden: true })).not.toMatch(/canary/i)
  })
})

describe('accessKeyProvider', () => {
  it('refuses an id and a secret that are swapped', () => {
    const swapped = { accessKeyId: 'canaryHMTnr9rBIiCFRvNGCcanary1', accessKeySecret: new Sensitive('LTAI5tDemo') }
    expect(() => accessKeyProvider(swapped)).toThrow('the AccessKey id is not an AccessKey id')
  })

  it('never shows an id of the old form', () => {
    const provider = accessKeyProvider({ accessKeyId: 'QSS1nqFPdzdI1rPi', accessKeySecret: new Sensitive('secret') })
    expect(inspect(provider.identity)).not.toContain('QSS1nqFPdzdI1rPi')
  })
})

function caught(work: () => unknown): unknown {
  try {
    return work()
  } catch (error) {
    return error
  }
}
