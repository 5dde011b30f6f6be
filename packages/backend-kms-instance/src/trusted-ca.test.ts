import { X509Certificate } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { parseCa, regionCa, REGIONS_WITH_CA } from './trusted-ca.ts'

describe('the CAs that ship', () => {
  it.each([...REGIONS_WITH_CA])('%s: is the intermediate CA of that region, valid for years', (region) => {
    const pem = regionCa(region)
    expect(parseCa(pem)).toHaveLength(1)
    const certificate = new X509Certificate(pem)
    expect(certificate.ca).toBe(true)
    expect(certificate.subject).toMatch(/^CN=Private KMS \S+ Second CA$/m)
    expect(certificate.issuer).toMatch(/^CN=Private KMS Root CA$/m)
    expect(certificate.validToDate.getTime()).toBeGreaterThan(Date.UTC(2040, 0, 1))
    expect(certificate.validFromDate.getTime()).toBeLessThan(Date.now())
    expect(certificate.publicKey.asymmetricKeyDetails?.modulusLength).toBeGreaterThanOrEqual(2_048)
  })

  it('all have the same issuer, and each its own key', () => {
    const all = REGIONS_WITH_CA.map((region) => new X509Certificate(regionCa(region)))
    expect(all).toHaveLength(26)
    expect(new Set(all.map(({ issuer }) => issuer)).size).toBe(1)
    expect(new Set(all.map(({ fingerprint256 }) => fingerprint256)).size).toBe(26)
  })

  it.each(['cn-nowhere', '', 'constructor'])('there is none for %j, and the error says what to do', (region) =>
    expect(() => regionCa(region)).toThrowError(
      expect.objectContaining({
        code: 'InvalidSpec',
        message: expect.stringMatching(/^ca: none ships for region ".*download it/),
      }),
    ),
  )
})

describe('parseCa', () => {
  const pem = regionCa('cn-hangzhou') + regionCa('cn-beijing')

  it.each([
    ['PEM', pem],
    ['base64 of PEM', Buffer.from(pem).toString('base64')],
    ['base64 in lines', Buffer.from(pem).toString('base64').replaceAll(/.{76}/g, '$&\n')],
    ['PEM with words around it', `the CA:\n${pem}\nend`],
  ])('takes %s', (_rule, text) => expect(parseCa(text)).toHaveLength(2))

  it.each([
    ['nothing', '', /found none/],
    ['words', 'not a certificate', /found none/],
    ['a private key', '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----', /found none/],
    [
      'half a certificate',
      `${regionCa('cn-beijing')}${pem.slice(0, 300)}\n-----END CERTIFICATE-----`,
      /^ca: certificate 2 of 2 cannot be read$/,
    ],
    ['far too much', pem.repeat(500), /longer than/],
  ])('refuses %s', (_rule, text, message) =>
    expect(() => parseCa(text)).toThrowError(
      expect.objectContaining({ code: 'InvalidSpec', facts: { field: 'ca' }, message: expect.stringMatching(message) }),
    ),
  )
})
