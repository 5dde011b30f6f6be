import { createPrivateKey, createPublicKey, generateKeyPair, randomBytes, sign } from 'node:crypto'
import { promisify } from 'node:util'
import forge from 'node-forge'

/** A key pair, both PEM. */
export interface KeyPair {
  /** PKCS#8. */
  readonly privateKey: string
  /** SPKI. */
  readonly publicKey: string
}

/** A distinguished name. */
export interface Subject {
  readonly commonName: string
  readonly organization?: string
}

export interface CertificateRequest {
  readonly subject: Subject
  /** PEM. */
  readonly publicKey: string
  /** With an RSA key. */
  readonly issuer: { readonly subject: Subject; readonly privateKey: string }
  /** As for `setExtensions` of node-forge. */
  readonly extensions: readonly object[]
  readonly notBefore: Date
  readonly notAfter: Date
}

const { asn1, pki } = forge
const { Class, Type } = asn1
const SHA256_WITH_RSA = '1.2.840.113549.1.1.11'
const VERSION_3 = '\u0002'
/** Tags `[0]` and `[3]` of a TBSCertificate, RFC 5280. For node-forge a tag is the type with this number. */
const VERSION = Type.NONE
const EXTENSIONS = Type.BITSTRING

/** Generates a key pair on P-256, which takes a thousandth of the time of RSA-2048. */
export function newEcPair(): Promise<KeyPair> {
  return promisify(generateKeyPair)('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
}

/**
 * Signs a certificate of an EC key with an RSA key. node-forge knows no EC keys, so it only encodes the names and extensions.
 * @returns PEM
 */
export function signCertificate(request: CertificateRequest): string {
  const { subject, issuer, publicKey, extensions, notBefore, notAfter } = request
  const algorithm = sequence(oid(SHA256_WITH_RSA), primitive(Type.NULL, ''))
  const toBeSigned = sequence(
    tagged(VERSION, primitive(Type.INTEGER, VERSION_3)),
    // A leading 0x4. keeps the serial positive and without a leading zero.
    primitive(Type.INTEGER, forge.util.hexToBytes(`4${randomBytes(16).toString('hex').slice(1)}`)),
    algorithm,
    nameOf(issuer.subject),
    sequence(...[notBefore, notAfter].map((date) => primitive(Type.UTCTIME, asn1.dateToUtcTime(date)))),
    nameOf(subject),
    asn1.fromDer(createPublicKey(publicKey).export({ type: 'spki', format: 'der' }).toString('binary')),
    tagged(EXTENSIONS, sequence(...encoded(extensions))),
  )
  const signature = sign('sha256', bytesOf(toBeSigned), createPrivateKey(issuer.privateKey))
  const certificate = sequence(toBeSigned, algorithm, primitive(Type.BITSTRING, `\0${signature.toString('binary')}`))
  return forge.pem.encode({ type: 'CERTIFICATE', body: bytesOf(certificate).toString('binary') })
}

interface EncodedExtension {
  readonly id: string
  readonly critical?: boolean
  readonly value: string | forge.asn1.Asn1
}

function encoded(extensions: readonly object[]): forge.asn1.Asn1[] {
  const certificate = pki.createCertificate()
  certificate.setExtensions([...extensions])
  return (certificate.extensions as EncodedExtension[]).map(({ id, critical, value }) =>
    sequence(
      oid(id),
      ...(critical ? [primitive(Type.BOOLEAN, '\u00FF')] : []),
      primitive(Type.OCTETSTRING, typeof value === 'string' ? value : bytesOf(value).toString('binary')),
    ),
  )
}

function nameOf({ commonName, organization }: Subject): forge.asn1.Asn1 {
  const certificate = pki.createCertificate()
  certificate.setSubject([
    { name: 'commonName', value: commonName },
    ...(organization === undefined ? [] : [{ name: 'organizationName', value: organization }]),
  ])
  return pki.distinguishedNameToAsn1(certificate.subject)
}

function sequence(...members: forge.asn1.Asn1[]): forge.asn1.Asn1 {
  return asn1.create(Class.UNIVERSAL, Type.SEQUENCE, true, members)
}

function tagged(tag: forge.asn1.Type, content: forge.asn1.Asn1): forge.asn1.Asn1 {
  return asn1.create(Class.CONTEXT_SPECIFIC, tag, true, [content])
}

function primitive(type: forge.asn1.Type, value: string): forge.asn1.Asn1 {
  return asn1.create(Class.UNIVERSAL, type, false, value)
}

function oid(dotted: string): forge.asn1.Asn1 {
  return primitive(Type.OID, asn1.oidToDer(dotted).getBytes())
}

function bytesOf(node: forge.asn1.Asn1): Buffer {
  return Buffer.from(asn1.toDer(node).getBytes(), 'binary')
}
