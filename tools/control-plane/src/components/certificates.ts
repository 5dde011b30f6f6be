import { generateKeyPair } from 'node:crypto'
import { promisify } from 'node:util'
import { type KeyPair, newEcPair, signCertificate, type Subject } from './sign-certificate.ts'

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

/** Creates a new CA and all certificates that it signs, valid from an hour ago for 30 days. */
export async function createKeys(): Promise<ControlPlaneKeys> {
  // The CA has the key of ServiceAccount tokens, because a second RSA key takes a tenth of a second.
  const [ca, server, admin] = await Promise.all([newRsaPair(), newEcPair(), newEcPair()])
  const issuer = { subject: { commonName: 'control-plane-ca' }, privateKey: ca.privateKey }
  const valid = { notBefore: new Date(Date.now() - 3_600_000), notAfter: new Date(Date.now() + 30 * 86_400_000) }
  const issued = (subject: Subject, pair: KeyPair, ...extensions: readonly object[]): KeyAndCertificate => ({
    keyPem: pair.privateKey,
    certificatePem: signCertificate({ subject, publicKey: pair.publicKey, issuer, extensions, ...valid }),
  })
  const usage = { name: 'keyUsage', critical: true, digitalSignature: true }
  const admins = { commonName: 'admin', organization: 'system:masters' }
  return {
    caPem: issued(
      issuer.subject,
      ca,
      { name: 'basicConstraints', critical: true, cA: true },
      { name: 'keyUsage', critical: true, keyCertSign: true, cRLSign: true },
    ).certificatePem,
    server: issued(
      { commonName: 'kube-apiserver' },
      server,
      usage,
      { name: 'extKeyUsage', serverAuth: true },
      { name: 'subjectAltName', altNames: SERVER_NAMES },
    ),
    admin: issued(admins, admin, usage, { name: 'extKeyUsage', clientAuth: true }),
    serviceAccount: { keyPem: ca.privateKey, publicKeyPem: ca.publicKey },
  }
}

const DNS = 2
const IP = 7
const SERVER_NAMES = [
  { type: IP, ip: '127.0.0.1' },
  { type: DNS, value: 'localhost' },
  { type: DNS, value: 'kubernetes.default.svc' },
]

/** As in real clusters. The API server checks the signature of a client certificate at each request, which is slow for EC keys. */
function newRsaPair(): Promise<KeyPair> {
  return promisify(generateKeyPair)('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
}
