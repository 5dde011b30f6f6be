import { createPublicKey, type KeyObject, X509Certificate } from 'node:crypto'
import { KEY_BITS } from './limits.ts'

/** A key of EventBridge. */
export interface CertificateKey {
  readonly key: KeyObject
  /** End of the certificate, in wall-clock milliseconds; Infinity for a bare key. */
  readonly notAfterMs: number
}

/** The RSA key of a certificate that is valid now, or a bare key; undefined for anything else. */
export function certificateKey(pem: string, nowMs: number): CertificateKey | undefined {
  try {
    const certificate = pem.includes('BEGIN CERTIFICATE') ? new X509Certificate(pem) : undefined
    if (certificate !== undefined && certificate.validFromDate.getTime() > nowMs) return undefined
    const notAfterMs = certificate?.validToDate.getTime() ?? Infinity
    const key = certificate?.publicKey ?? createPublicKey(pem)
    const bits = key.asymmetricKeyDetails?.modulusLength ?? 0
    const isRsa = key.asymmetricKeyType === 'rsa' && bits >= KEY_BITS.min && bits <= KEY_BITS.max
    return isRsa && nowMs <= notAfterMs ? { key, notAfterMs } : undefined
  } catch {
    // Drops the error, because parsers quote their input.
    return undefined
  }
}
