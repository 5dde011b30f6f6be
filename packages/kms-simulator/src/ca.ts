import { generateKeyPair, randomBytes } from 'node:crypto'
import { isIP } from 'node:net'
import { promisify } from 'node:util'
import forge from 'node-forge'

/** The key and certificates of a TLS server, and the root that its clients trust. All PEM. */
export interface ServerCertificate {
  /** Private key of the leaf. */
  readonly keyPem: string
  /** Leaf and intermediate, in the order of transmission. */
  readonly chainPem: string
  /** Only the intermediate. Node trusts it only with `allowPartialTrustChain`. */
  readonly intermediatePem: string
  /** The self-signed root, which is sufficient for a client. */
  readonly rootPem: string
}

const DAY_MS = 86_400_000
const VALID_DAYS = 30
const KEY_BITS = 2048

/** An RSA key in the formats of node-forge and OpenSSL. */
export interface Keys {
  readonly privateKey: forge.pki.rsa.PrivateKey
  readonly publicKey: forge.pki.rsa.PublicKey
  readonly privatePem: string
}

/** Options of {@link issueServerCertificate}. */
export interface CertificateOptions {
  /** When the certificate of the server expires. @default in 30 days */
  readonly expires?: Date
}

interface Issuer {
  readonly keys: Keys
  readonly certificate: forge.pki.Certificate
}

/** A new RSA-2048 key. node-forge generates RSA keys in JavaScript, hundreds of times slower than OpenSSL. */
export async function generateKeys(): Promise<Keys> {
  const { publicKey, privateKey } = await promisify(generateKeyPair)('rsa', {
    modulusLength: KEY_BITS,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  return {
    privateKey: forge.pki.privateKeyFromPem(privateKey),
    publicKey: forge.pki.publicKeyFromPem(publicKey),
    privatePem: privateKey,
  }
}

interface Issue {
  readonly keys: Keys
  /** @default the certificate signs itself */
  readonly issuer?: Issuer
  readonly expires: Date
}

function issue(commonName: string, { keys, issuer, expires }: Issue, extensions: object[]): Issuer {
  const certificate = forge.pki.createCertificate()
  certificate.publicKey = keys.publicKey
  // A leading byte below 0x80 keeps the DER integer positive.
  certificate.serialNumber = `01${randomBytes(15).toString('hex')}`
  certificate.validity.notBefore = new Date(Date.now() - DAY_MS)
  certificate.validity.notAfter = expires
  const subject = [{ name: 'commonName', value: commonName }]
  certificate.setSubject(subject)
  certificate.setIssuer(issuer?.certificate.subject.attributes ?? subject)
  certificate.setExtensions([
    ...extensions,
    { name: 'subjectKeyIdentifier' },
    {
      name: 'authorityKeyIdentifier',
      keyIdentifier: (issuer?.certificate ?? certificate).generateSubjectKeyIdentifier().getBytes(),
    },
  ])
  certificate.sign((issuer?.keys ?? keys).privateKey, forge.md.sha256.create())
  return { keys, certificate }
}

function subjectAltNames(hosts: readonly string[]): object[] {
  return hosts.map((host) => (isIP(host) > 0 ? { type: 7, ip: host } : { type: 2, value: host }))
}

const CA_USAGE = { name: 'keyUsage', critical: true, keyCertSign: true, cRLSign: true }

/**
 * Issues a server certificate for `hosts` from a new CA: leaf ← intermediate (path length 0) ← root,
 * the same chain as the KMS instance gateway. RSA 2048, valid since yesterday.
 */
export async function issueServerCertificate(
  hosts: readonly string[],
  options: CertificateOptions = {},
): Promise<ServerCertificate> {
  const later = new Date(Date.now() + VALID_DAYS * DAY_MS)
  const [rootKeys, intermediateKeys, leafKeys] = await Promise.all([generateKeys(), generateKeys(), generateKeys()])
  const root = issue('KMS simulator Root CA', { keys: rootKeys, expires: later }, [
    { name: 'basicConstraints', critical: true, cA: true },
    CA_USAGE,
  ])
  const intermediate = issue('KMS simulator Second CA', { keys: intermediateKeys, issuer: root, expires: later }, [
    { name: 'basicConstraints', critical: true, cA: true, pathLenConstraint: 0 },
    CA_USAGE,
  ])
  const leaf = issue('KMS simulator', { keys: leafKeys, issuer: intermediate, expires: options.expires ?? later }, [
    { name: 'basicConstraints', critical: true, cA: false },
    { name: 'keyUsage', critical: true, digitalSignature: true, keyEncipherment: true },
    { name: 'extKeyUsage', serverAuth: true },
    { name: 'subjectAltName', altNames: subjectAltNames(hosts) },
  ])
  const intermediatePem = forge.pki.certificateToPem(intermediate.certificate)
  return {
    keyPem: leafKeys.privatePem,
    chainPem: forge.pki.certificateToPem(leaf.certificate) + intermediatePem,
    intermediatePem,
    rootPem: forge.pki.certificateToPem(root.certificate),
  }
}
