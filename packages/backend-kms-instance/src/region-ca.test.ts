import { X509Certificate } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { parseCa } from '@ack-secret-manager/alicloud-openapi'
import { regionCa, REGIONS_WITH_CA } from './region-ca.ts'

describe('the built-in CAs', () => {
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

  it.each(['cn-nowhere', '', 'constructor'])('has none for %j, and the error has a remedy', (region) =>
    expect(() => regionCa(region)).toThrowError(
      expect.objectContaining({
        code: 'InvalidSpec',
        message: expect.stringMatching(/^ca: region ".*" has no built-in CA; download the CA/),
      }),
    ),
  )
})
