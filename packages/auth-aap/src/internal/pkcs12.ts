import { createHmac, createPrivateKey, type KeyObject, timingSafeEqual, X509Certificate } from 'node:crypto'
import { isSecretSyncError } from '@ack-secret-manager/core'
import forge from 'node-forge'
import { DerError, type DerNode, inTagZero, members, octets, oid, parseDer, smallInteger } from './der.ts'
import { decrypt, type Password } from './password-cipher.ts'
import { IterationBudget, pkcs12Key, IterationLimitError } from './pkcs12-key.ts'
import { unauthenticated } from './secret-text.ts'

export interface Pkcs12Content {
  readonly privateKey: KeyObject
  /** The certificate of the key; undefined if the file has none. */
  readonly certificate: X509Certificate | undefined
}

/** Names of the two parts of the credential, for errors. */
export interface PartNames {
  readonly content: string
  readonly password: string
}

const OID = {
  data: '1.2.840.113549.1.7.1',
  encryptedData: '1.2.840.113549.1.7.6',
  keyBag: '1.2.840.113549.1.12.10.1.1',
  shroudedKeyBag: '1.2.840.113549.1.12.10.1.2',
  certBag: '1.2.840.113549.1.12.10.1.3',
  x509Certificate: '1.2.840.113549.1.9.22.1',
} as const

const MAC_DIGESTS: ReadonlyMap<string, readonly [name: string, create: () => forge.md.MessageDigest]> = new Map([
  ['1.3.14.3.2.26', ['sha1', () => forge.md.sha1.create()]],
  ['2.16.840.1.101.3.4.2.1', ['sha256', () => forge.md.sha256.create()]],
  ['2.16.840.1.101.3.4.2.2', ['sha384', () => forge.md.sha384.create()]],
  ['2.16.840.1.101.3.4.2.3', ['sha512', () => forge.md.sha512.create()]],
])

/** Enough for a key and a certificate chain. */
const MAX_BAGS = 32

/**
 * Opens a password-protected PKCS#12 file with a MAC (RFC 7292). Does not use the PKCS#12 reader of node-forge: that has no
 * limit of iterations, and reports a wrong password and a damaged file alike.
 * @param parts names for errors
 * @throws SecretSyncError `Unauthenticated` with the cause: not PKCS#12, wrong password, damaged, no key
 */
export function openPkcs12(der: Uint8Array, passwordText: string, parts: PartNames): Pkcs12Content {
  const file = outerLayer(der, parts)
  const password: Password = { text: passwordText, budget: new IterationBudget() }
  try {
    if (!macMatches(file, password)) throw mismatch(file, password, parts)
    const content: MutableContent = { keys: [], certificates: [] }
    for (const part of members(parseDer(file.authSafe))) addBags(safeContents(part, password), password, content)
    return chosen(content, parts)
  } catch (error) {
    throw asRefusal(error, parts)
  }
}

interface OuterLayer {
  /** The bytes that the MAC covers. */
  readonly authSafe: string
  readonly macData: DerNode
}

function outerLayer(der: Uint8Array, { content }: PartNames): OuterLayer {
  try {
    const [version, authSafe, macData] = members(parseDer(Buffer.from(der).toString('binary')))
    const [type, data] = members(authSafe)
    if (smallInteger(version) !== 3 || oid(type) !== OID.data) throw new DerError('not a PFX')
    const layer = { authSafe: octets(inTagZero(data)), macData }
    if (layer.macData !== undefined) return { ...layer, macData: layer.macData }
  } catch {
    // Drops the error of the parser, because the file is a credential.
    throw unauthenticated(content, 'has a PrivateKeyData that is not PKCS#12, or is truncated')
  }
  throw unauthenticated(content, 'has a PKCS#12 file without a MAC, so its integrity cannot be checked')
}

function macMatches({ authSafe, macData }: OuterLayer, { text, budget }: Password): boolean {
  const [digestInfo, salt, iterations] = members(macData)
  const [algorithm, expected] = members(digestInfo)
  const digest = MAC_DIGESTS.get(oid(members(algorithm)[0]))
  if (digest === undefined) throw new DerError('unknown MAC')
  const [name, create] = digest
  const key = pkcs12Key({
    password: text,
    salt: octets(salt),
    iterations: iterations === undefined ? 1 : smallInteger(iterations),
    purpose: 'mac',
    lengthBytes: create().digestLength,
    digest: create(),
    budget,
  })
  const mac = createHmac(name, key).update(Buffer.from(authSafe, 'binary')).digest()
  const found = Buffer.from(octets(expected), 'binary')
  return mac.length === found.length && timingSafeEqual(mac, found)
}

/** A MAC mismatch has two causes. If the password still decrypts any part, the file is damaged; otherwise the password is wrong. */
function mismatch(file: OuterLayer, given: Password, { content, password }: PartNames): Error {
  if (opensAnything(file, given)) return damaged(content)
  const hint = /\s/.test(given.text) ? ': it contains white space; check for two values or a line break' : ''
  return unauthenticated(password, `does not open the ${content}${hint}`)
}

function opensAnything({ authSafe }: OuterLayer, password: Password): boolean {
  const opens = (work: () => unknown): boolean => {
    try {
      work()
      return true
    } catch (error) {
      if (error instanceof IterationLimitError) throw error
      return false
    }
  }
  return members(parseDer(authSafe)).some((part) => {
    if (oid(members(part)[0]) === OID.encryptedData) return opens(() => parseDer(safeContents(part, password)))
    return members(parseDer(safeContents(part, password))).some((bag) => {
      const [type, value] = members(bag)
      return oid(type) === OID.shroudedKeyBag && opens(() => parseDer(shroudedKey(inTagZero(value), password)))
    })
  })
}

/** DER of the SafeContents in one part of the file. */
function safeContents(part: DerNode, password: Password): string {
  const [type, value] = members(part)
  const kind = oid(type)
  if (kind === OID.data) return octets(inTagZero(value))
  if (kind !== OID.encryptedData) throw new DerError('unknown content type')
  const [, encryptedContentInfo] = members(inTagZero(value))
  const [, algorithm, encrypted] = members(encryptedContentInfo)
  return decrypt(algorithm, octets(encrypted), password)
}

function shroudedKey(encryptedPrivateKeyInfo: DerNode, password: Password): string {
  const [algorithm, encrypted] = members(encryptedPrivateKeyInfo)
  return decrypt(algorithm, octets(encrypted), password)
}

interface MutableContent {
  readonly keys: KeyObject[]
  readonly certificates: X509Certificate[]
}

function addBags(contents: string, password: Password, { keys, certificates }: MutableContent): void {
  const bags = members(parseDer(contents))
  if (bags.length > MAX_BAGS) throw new DerError('too many bags')
  for (const bag of bags) {
    const [type, wrapped] = members(bag)
    const kind = oid(type)
    const value = inTagZero(wrapped)
    if (kind === OID.keyBag) keys.push(privateKeyOf(forge.asn1.toDer(value).getBytes()))
    if (kind === OID.shroudedKeyBag) keys.push(privateKeyOf(shroudedKey(value, password)))
    if (kind === OID.certBag) {
      const [certificateType, certificate] = members(value)
      if (oid(certificateType) !== OID.x509Certificate) continue
      certificates.push(new X509Certificate(Buffer.from(octets(inTagZero(certificate)), 'binary')))
    }
  }
}

function privateKeyOf(der: string): KeyObject {
  return createPrivateKey({ key: Buffer.from(der, 'binary'), format: 'der', type: 'pkcs8' })
}

function chosen({ keys, certificates }: MutableContent, { content }: PartNames): Pkcs12Content {
  const [privateKey] = keys
  if (privateKey === undefined) throw unauthenticated(content, 'contains no private key')
  if (keys.length > 1) throw unauthenticated(content, `contains ${keys.length} private keys: expected exactly one`)
  const certificate = certificates.find((candidate) => candidate.checkPrivateKey(privateKey))
  if (certificate === undefined && certificates.length > 0)
    throw unauthenticated(content, 'contains the certificate of another key')
  return { privateKey, certificate }
}

function damaged(content: string): Error {
  return unauthenticated(content, 'is damaged, although the password is right: create a new client key in KMS')
}

/** Drops the message of a library error, because it can quote bytes of the credential. */
function asRefusal(error: unknown, { content }: PartNames): Error {
  if (error instanceof IterationLimitError)
    return unauthenticated(content, 'requires too many iterations of key derivation: create it again with fewer')
  return isSecretSyncError(error) ? error : unauthenticated(content, 'is damaged, or uses an unsupported algorithm')
}
