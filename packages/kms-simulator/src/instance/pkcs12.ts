import { randomBytes } from 'node:crypto'
import forge from 'node-forge'

const { asn1, pki } = forge
const { Class, Type } = asn1

/** Encryption of the bags of a PKCS#12 file. */
export type Pkcs12Encryption =
  /** RC2-40 for the certificate, 3DES for the key: as KMS writes client keys. OpenSSL 3 refuses it. */
  | 'legacy'
  /** AES-256 (PBES2) for both. */
  | 'aes'

type Asn1 = forge.asn1.Asn1

/** The context-specific tag `[0]`, because the types of the library have only universal tags. */
const CONTEXT_0 = Type.NONE
const ITERATIONS = 2_048
const SALT_BYTES = 8
const OID_RC2_40 = '1.2.840.113549.1.12.1.6'
const RC2_KEY_BYTES = 5
const RC2_KEY_BITS = 40
const RC2_BLOCK_BYTES = 8
const SHA1_BYTES = 20
/** Purposes of a derived key. Source: RFC 7292, appendix B.3. */
const PURPOSE = { key: 1, iv: 2, mac: 3 } as const

const sequence = (...items: Asn1[]): Asn1 => asn1.create(Class.UNIVERSAL, Type.SEQUENCE, true, items)
const oid = (id: string): Asn1 => asn1.create(Class.UNIVERSAL, Type.OID, false, asn1.oidToDer(id).getBytes())
const octets = (bytes: string): Asn1 => asn1.create(Class.UNIVERSAL, Type.OCTETSTRING, false, bytes)
const integer = (value: number): Asn1 =>
  asn1.create(Class.UNIVERSAL, Type.INTEGER, false, asn1.integerToDer(value).getBytes())
const explicit = (item: Asn1): Asn1 => asn1.create(Class.CONTEXT_SPECIFIC, CONTEXT_0, true, [item])
const der = (item: Asn1): string => asn1.toDer(item).getBytes()
const data = (bytes: string): Asn1 => sequence(oid(pki.oids['data'] ?? ''), explicit(octets(bytes)))

function derive(password: string, salt: string, purpose: number, length: number): forge.util.ByteStringBuffer {
  const key = forge.pkcs12.generateKey(password, forge.util.createBuffer(salt), purpose, ITERATIONS, length)
  return forge.util.createBuffer(key)
}

function randomSalt(): string {
  return randomBytes(SALT_BYTES).toString('latin1')
}

/** Algorithm and ciphertext of content that is encrypted with a password. */
interface Encrypted {
  readonly algorithm: Asn1
  readonly bytes: string
}

function encryptRc2(plain: string, password: string): Encrypted {
  const salt = randomSalt()
  const cipher = forge.rc2.createEncryptionCipher(derive(password, salt, PURPOSE.key, RC2_KEY_BYTES), RC2_KEY_BITS)
  cipher.start(derive(password, salt, PURPOSE.iv, RC2_BLOCK_BYTES))
  cipher.update(forge.util.createBuffer(plain))
  cipher.finish()
  return {
    algorithm: sequence(oid(OID_RC2_40), sequence(octets(salt), integer(ITERATIONS))),
    bytes: cipher.output.getBytes(),
  }
}

function encryptAes(content: Asn1, password: string): Encrypted {
  // The structure of an encrypted key is the same for any content: algorithm, then ciphertext.
  const encrypted = pki.encryptPrivateKeyInfo(content, password, { algorithm: 'aes256', count: ITERATIONS })
  const [algorithm, bytes] = encrypted.value as [Asn1, Asn1]
  return { algorithm, bytes: bytes.value as string }
}

function certificateSafe(certificate: forge.pki.Certificate, password: string, encryption: Pkcs12Encryption): Asn1 {
  const x509 = sequence(
    oid(pki.oids['x509Certificate'] ?? ''),
    explicit(octets(der(pki.certificateToAsn1(certificate)))),
  )
  const bags = sequence(sequence(oid(pki.oids['certBag'] ?? ''), explicit(x509)))
  const { algorithm, bytes } = encryption === 'aes' ? encryptAes(bags, password) : encryptRc2(der(bags), password)
  const content = sequence(
    oid(pki.oids['data'] ?? ''),
    algorithm,
    asn1.create(Class.CONTEXT_SPECIFIC, CONTEXT_0, false, bytes),
  )
  return sequence(oid(pki.oids['encryptedData'] ?? ''), explicit(sequence(integer(0), content)))
}

function keySafe(key: forge.pki.rsa.PrivateKey, password: string, encryption: Pkcs12Encryption): Asn1 {
  const shrouded = pki.encryptPrivateKeyInfo(pki.wrapRsaPrivateKey(pki.privateKeyToAsn1(key)), password, {
    algorithm: encryption === 'aes' ? 'aes256' : '3des',
    count: ITERATIONS,
  })
  return data(der(sequence(sequence(oid(pki.oids['pkcs8ShroudedKeyBag'] ?? ''), explicit(shrouded)))))
}

/**
 * Writes a PKCS#12 file: certificate, then key, a SHA-1 MAC, 2,048 iterations throughout.
 * The writer of node-forge does not encrypt the certificate, unlike KMS.
 */
export function writePkcs12(
  content: { readonly certificate: forge.pki.Certificate; readonly key: forge.pki.rsa.PrivateKey },
  password: string,
  encryption: Pkcs12Encryption,
): Buffer {
  const safes = sequence(
    certificateSafe(content.certificate, password, encryption),
    keySafe(content.key, password, encryption),
  )
  const safeBytes = der(safes)
  const salt = randomSalt()
  const mac = forge.hmac.create()
  mac.start('sha1', derive(password, salt, PURPOSE.mac, SHA1_BYTES))
  mac.update(safeBytes)
  const sha1 = sequence(oid(pki.oids['sha1'] ?? ''), asn1.create(Class.UNIVERSAL, Type.NULL, false, ''))
  const macData = sequence(sequence(sha1, octets(mac.digest().getBytes())), octets(salt), integer(ITERATIONS))
  return Buffer.from(der(sequence(integer(3), data(safeBytes), macData)), 'latin1')
}

/**
 * The certificate in a PKCS#12 file.
 * @throws Error when the file is invalid, or the password is wrong
 */
export function readPkcs12Certificate(file: Buffer, password: string): forge.pki.Certificate {
  const pfx = forge.pkcs12.pkcs12FromAsn1(asn1.fromDer(file.toString('latin1')), password)
  const type = pki.oids['certBag'] ?? ''
  const certificate = pfx.getBags({ bagType: type })[type]?.[0]?.cert
  if (certificate === undefined) throw new Error('there is no certificate in it')
  return certificate
}
