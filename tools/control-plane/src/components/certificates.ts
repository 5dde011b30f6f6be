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

/** Creates a new CA and all certificates that it signs, valid from an hour ago for 30 days. */
export async function createKeys(): Promise<ControlPlaneKeys> {
  // All have one key, because a second RSA key takes a tenth of a second. An EC key is slow: the API server checks the signature of a
  // client certificate at each request.
  const { publicKey: publicKeyPem, privateKey: keyPem } = await promisify(generateKeyPair)('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  const key = pki.privateKeyFromPem(keyPem)
  const issued = (commonName: string, extensions: object[], more: forge.pki.CertificateField[] = []): string => {
    const certificate = pki.createCertificate()
    certificate.publicKey = pki.publicKeyFromPem(publicKeyPem)
    // A leading 0x4. keeps the serial positive and without a leading zero.
    certificate.serialNumber = `4${randomBytes(16).toString('hex').slice(1)}`
    certificate.validity.notBefore = new Date(Date.now() - 3_600_000)
    certificate.validity.notAfter = new Date(Date.now() + 30 * 86_400_000)
    certificate.setSubject([{ name: 'commonName', value: commonName }, ...more])
    certificate.setIssuer([{ name: 'commonName', value: CA }])
    certificate.setExtensions(extensions)
    certificate.sign(key, forge.md.sha256.create())
    return pki.certificateToPem(certificate)
  }
  const usage = { name: 'keyUsage', critical: true, digitalSignature: true }
  const server = [usage, { name: 'extKeyUsage', serverAuth: true }, { name: 'subjectAltName', altNames: SERVER_NAMES }]
  const client = [usage, { name: 'extKeyUsage', clientAuth: true }]
  const admins = [{ name: 'organizationName', value: 'system:masters' }]
  return {
    caPem: issued(CA, [
      { name: 'basicConstraints', critical: true, cA: true },
      { name: 'keyUsage', critical: true, keyCertSign: true, cRLSign: true },
    ]),
    server: { keyPem, certificatePem: issued('kube-apiserver', server) },
    admin: { keyPem, certificatePem: issued('admin', client, admins) },
    serviceAccount: { keyPem, publicKeyPem },
  }
}

const { pki } = forge
const CA = 'control-plane-ca'
const DNS = 2
const IP = 7
const SERVER_NAMES = [
  { type: IP, ip: '127.0.0.1' },
  { type: DNS, value: 'localhost' },
  { type: DNS, value: 'kubernetes.default.svc' },
]
