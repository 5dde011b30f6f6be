import { generateKeyPair, randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import forge from 'node-forge'

/** A private key in PKCS#8 with its certificate or public key, both PEM. */
export interface KeyAndCertificate {
  readonly keyPem: string
  readonly certificatePem: string
}

/** All keys and certificates of a control plane; they exist as long as its data directory. */
export interface ControlPlaneKeys {
  readonly caPem: string
  readonly server: KeyAndCertificate
  /** Client certificate of user `admin`, group `system:masters`. */
  readonly admin: KeyAndCertificate
  /** Signs ServiceAccount tokens. */
  readonly serviceAccount: { readonly keyPem: string; readonly publicKeyPem: string }
}

interface KeyPair {
  readonly privateKey: string
  readonly publicKey: string
}

interface Subject {
  readonly commonName: string
  readonly organization?: string
}

/** Creates a new CA and all certificates that it signs, valid from an hour ago for 30 days. */
export async function createKeys(): Promise<ControlPlaneKeys> {
  const [ca, server, admin, serviceAccount] = await Promise.all([newPair(), newPair(), newPair(), newPair()])
  const issuer = { subject: { commonName: 'control-plane-ca' }, pair: ca }
  const issued = (subject: Subject, pair: KeyPair, extensions: readonly object[]): KeyAndCertificate => ({
    keyPem: pair.privateKey,
    certificatePem: sign(subject, pair, issuer, [
      { name: 'keyUsage', critical: true, digitalSignature: true, keyEncipherment: true },
      ...extensions,
    ]),
  })
  return {
    caPem: sign(issuer.subject, ca, issuer, [
      { name: 'basicConstraints', critical: true, cA: true },
      { name: 'keyUsage', critical: true, keyCertSign: true, cRLSign: true },
    ]),
    server: issued({ commonName: 'kube-apiserver' }, server, [
      { name: 'extKeyUsage', serverAuth: true },
      { name: 'subjectAltName', altNames: SERVER_NAMES },
    ]),
    admin: issued({ commonName: 'admin', organization: 'system:masters' }, admin, [
      { name: 'extKeyUsage', clientAuth: true },
    ]),
    serviceAccount: { keyPem: serviceAccount.privateKey, publicKeyPem: serviceAccount.publicKey },
  }
}

const DNS = 2
const IP = 7
const SERVER_NAMES = [
  { type: IP, ip: '127.0.0.1' },
  { type: DNS, value: 'localhost' },
  { type: DNS, value: 'kubernetes.default.svc' },
]

async function newPair(): Promise<KeyPair> {
  return promisify(generateKeyPair)('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
}

function sign(
  subject: Subject,
  pair: KeyPair,
  issuer: { readonly subject: Subject; readonly pair: KeyPair },
  extensions: readonly object[],
): string {
  const certificate = forge.pki.createCertificate()
  certificate.publicKey = forge.pki.publicKeyFromPem(pair.publicKey)
  // A leading 0x4. keeps the serial positive and without a leading zero.
  certificate.serialNumber = `4${randomBytes(16).toString('hex').slice(1)}`
  certificate.validity.notBefore = new Date(Date.now() - 3_600_000)
  certificate.validity.notAfter = new Date(Date.now() + 30 * 86_400_000)
  certificate.setSubject(attributes(subject))
  certificate.setIssuer(attributes(issuer.subject))
  certificate.setExtensions([...extensions])
  certificate.sign(forge.pki.privateKeyFromPem(issuer.pair.privateKey), forge.md.sha256.create())
  return forge.pki.certificateToPem(certificate)
}

function attributes({ commonName, organization }: Subject): { name: string; value: string }[] {
  const names = [{ name: 'commonName', value: commonName }]
  if (organization !== undefined) names.push({ name: 'organizationName', value: organization })
  return names
}
