import { constants, generateKeyPair, privateEncrypt, randomBytes } from 'node:crypto'
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

/** What precedes a SHA-256 digest in an RSA signature. Source: RFC 8017, section 9.2, note 1. */
const SHA256_DIGEST_INFO = Buffer.from('3031300d060960864801650304020105000420', 'hex')

/**
 * A new RSA-2048 key, which signs SHA-256 digests. node-forge computes RSA in JavaScript, where a signature takes 24 ms instead of one,
 * and a key far longer.
 */
export async function generateKeys(): Promise<Keys> {
  const { publicKey, privateKey } = await promisify(generateKeyPair)('rsa', {
    modulusLength: KEY_BITS,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  const forgeKey = forge.pki.privateKeyFromPem(privateKey)
  const inOpenSsl = { key: privateKey, padding: constants.RSA_PKCS1_PADDING }
  forgeKey.sign = (md) => {
    const digest = Buffer.from(typeof md === 'string' ? md : md.digest().getBytes(), 'latin1')
    return privateEncrypt(inOpenSsl, Buffer.concat([SHA256_DIGEST_INFO, digest])).toString('latin1')
  }
  return {
    privateKey: forgeKey,
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
 * the same chain as the KMS instance gateway. RSA 2048, valid since yesterday. The three certificates have one key, because it takes most
 * of the time, and clients compare names and signatures only.
 */
export async function issueServerCertificate(
  hosts: readonly string[],
  options: CertificateOptions = {},
): Promise<ServerCertificate> {
  const later = new Date(Date.now() + VALID_DAYS * DAY_MS)
  const keys = await generateKeys()
  const root = issue('KMS simulator Root CA', { keys, expires: later }, [
    { name: 'basicConstraints', critical: true, cA: true },
    CA_USAGE,
  ])
  const intermediate = issue('KMS simulator Second CA', { keys, issuer: root, expires: later }, [
    { name: 'basicConstraints', critical: true, cA: true, pathLenConstraint: 0 },
    CA_USAGE,
  ])
  const leaf = issue('KMS simulator', { keys, issuer: intermediate, expires: options.expires ?? later }, [
    { name: 'basicConstraints', critical: true, cA: false },
    { name: 'keyUsage', critical: true, digitalSignature: true, keyEncipherment: true },
    { name: 'extKeyUsage', serverAuth: true },
    { name: 'subjectAltName', altNames: subjectAltNames(hosts) },
  ])
  const intermediatePem = forge.pki.certificateToPem(intermediate.certificate)
  return {
    keyPem: keys.privatePem,
    chainPem: forge.pki.certificateToPem(leaf.certificate) + intermediatePem,
    intermediatePem,
    rootPem: forge.pki.certificateToPem(root.certificate),
  }
}
