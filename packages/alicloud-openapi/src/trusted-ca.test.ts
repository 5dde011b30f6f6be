import { issueServerCertificate } from '@ack-secret-manager/kms-simulator'
import { describe, expect, it } from 'vitest'
import { parseCa } from './trusted-ca.ts'

describe('parseCa', async () => {
  const { rootPem, intermediatePem } = await issueServerCertificate(['127.0.0.1'])
  const pem = rootPem + intermediatePem

  it.each([
    ['PEM', pem],
    ['base64 of PEM', Buffer.from(pem).toString('base64')],
    ['base64 in lines', Buffer.from(pem).toString('base64').replaceAll(/.{76}/g, '$&\n')],
    ['PEM with text around it', `the CA:\n${pem}\nend`],
  ])('takes %s', (_rule, text) => expect(parseCa(text)).toHaveLength(2))

  it.each([
    ['nothing', '', /found none/],
    ['words', 'not a certificate', /found none/],
    ['a private key', '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----', /found none/],
    [
      'half a certificate',
      `${rootPem}${intermediatePem.slice(0, 300)}\n-----END CERTIFICATE-----`,
      /^ca: certificate 2 of 2 cannot be read$/,
    ],
    ['a bundle that is too large', 'x'.repeat(1_048_577), /longer than/],
  ])('refuses %s', (_rule, text, message) =>
    expect(() => parseCa(text)).toThrowError(
      expect.objectContaining({ code: 'InvalidSpec', facts: { field: 'ca' }, message: expect.stringMatching(message) }),
    ),
  )
})
