import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import forge from 'node-forge'

/** A new RSA key and a self-signed certificate for it. */
export interface TestKey {
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
  readonly key: forge.pki.rsa.PrivateKey
  readonly certificate: forge.pki.Certificate
}

export function testKey(notBeforeMs: number, notAfterMs: number, modulusLength = 2_048): TestKey {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength })
  const key = forge.pki.privateKeyFromPem(privateKey.export({ format: 'pem', type: 'pkcs8' }).toString())
  return { privateKey, publicKey, key, certificate: certified({ publicKey, key }, notBeforeMs, notAfterMs) }
}

/** Another certificate for a key. */
export function certified(
  { publicKey, key }: Pick<TestKey, 'publicKey' | 'key'>,
  notBeforeMs: number,
  notAfterMs: number,
): forge.pki.Certificate {
  const certificate = forge.pki.createCertificate()
  certificate.publicKey = forge.pki.publicKeyFromPem(publicKey.export({ format: 'pem', type: 'spki' }).toString())
  certificate.serialNumber = '01'
  certificate.validity.notBefore = new Date(notBeforeMs)
  certificate.validity.notAfter = new Date(notAfterMs)
  const subject = [{ name: 'commonName', value: 'client key' }]
  certificate.setSubject(subject)
  certificate.setIssuer(subject)
  certificate.sign(key, forge.md.sha256.create())
  return certificate
}

export interface Pkcs12Options {
  readonly key?: null
  readonly certificate?: forge.pki.Certificate | null
  readonly password?: string
  readonly algorithm?: '3des' | 'aes128' | 'aes192' | 'aes256'
  readonly count?: number
}

/** DER of a PKCS#12 file. */
export function pkcs12(of: TestKey, options: Pkcs12Options = {}): Buffer {
  const { certificate = of.certificate, password = 'Pass-word1', algorithm = '3des', count = 2_048 } = options
  // node-forge omits null; its types do not allow it.
  const parts = [options.key === null ? null : of.key, certificate] as [forge.pki.rsa.PrivateKey, forge.pki.Certificate]
  const asn1 = forge.pkcs12.toPkcs12Asn1(...parts, password, { algorithm, count, saltSize: 8 })
  return Buffer.from(forge.asn1.toDer(asn1).getBytes(), 'binary')
}

/** The client key file with this PKCS#12 content. */
export function clientKeyFile(der: Uint8Array, keyId = 'KAAP.0d5c1f22-1f2b-4c3a-9d7e-5f6a7b8c9d0e'): Uint8Array {
  return new TextEncoder().encode(JSON.stringify({ KeyId: keyId, PrivateKeyData: Buffer.from(der).toString('base64') }))
}
