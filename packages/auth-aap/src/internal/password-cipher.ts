import { createDecipheriv, pbkdf2Sync } from 'node:crypto'
import forge from 'node-forge'
import { DerError, type DerNode, isInteger, members, octets, oid, smallInteger } from './der.ts'
import { type IterationBudget, pkcs12Key } from './pkcs12-key.ts'

/** A password, and the budget of key derivation for it. */
export interface Password {
  readonly text: string
  readonly budget: IterationBudget
}

const OID = {
  rc2With40Bits: '1.2.840.113549.1.12.1.6',
  tripleDes: '1.2.840.113549.1.12.1.3',
  pbes2: '1.2.840.113549.1.5.13',
  pbkdf2: '1.2.840.113549.1.5.12',
} as const

const PBES2_CIPHERS: ReadonlyMap<string, readonly [name: string, keyBytes: number]> = new Map([
  ['2.16.840.1.101.3.4.1.2', ['aes-128-cbc', 16]],
  ['2.16.840.1.101.3.4.1.22', ['aes-192-cbc', 24]],
  ['2.16.840.1.101.3.4.1.42', ['aes-256-cbc', 32]],
  ['1.2.840.113549.3.7', ['des-ede3-cbc', 24]],
])

const HMAC_SHA1 = '1.2.840.113549.2.7'
const PBKDF2_DIGESTS: ReadonlyMap<string, string> = new Map([
  [HMAC_SHA1, 'sha1'],
  ['1.2.840.113549.2.9', 'sha256'],
  ['1.2.840.113549.2.10', 'sha384'],
  ['1.2.840.113549.2.11', 'sha512'],
])

/**
 * Decrypts a part of a PKCS#12 file. Supports RFC 7292 appendix C (RC2 with 40 bits and 3DES, as KMS uses them) and
 * RFC 8018 PBES2 (PBKDF2 with AES or 3DES).
 * @param algorithm AlgorithmIdentifier
 * @throws any error when the password is wrong, or {@link DerError} for an unknown algorithm
 */
export function decrypt(algorithm: DerNode | undefined, encrypted: string, password: Password): string {
  const [identifier, parameters] = members(algorithm)
  switch (oid(identifier)) {
    case OID.rc2With40Bits:
      return decryptRc2(parameters, encrypted, password)
    case OID.tripleDes:
      return decryptTripleDes(parameters, encrypted, password)
    case OID.pbes2:
      return decryptPbes2(parameters, encrypted, password)
    default:
      throw new DerError('unknown encryption algorithm')
  }
}

/** Uses node-forge, because OpenSSL 3 has RC2 only in its legacy provider, which Node does not load. */
function decryptRc2(parameters: DerNode | undefined, encrypted: string, password: Password): string {
  const { key, iv } = pkcs12KeyAndIv(parameters, password, 5)
  const cipher = forge.rc2.createDecryptionCipher(key.toString('binary'), 40)
  cipher.start(iv.toString('binary'))
  cipher.update(forge.util.createBuffer(encrypted))
  if (!cipher.finish()) throw new DerError('bad padding')
  return cipher.output.getBytes()
}

function decryptTripleDes(parameters: DerNode | undefined, encrypted: string, password: Password): string {
  const { key, iv } = pkcs12KeyAndIv(parameters, password, 24)
  return decipher('des-ede3-cbc', key, iv, encrypted)
}

function decryptPbes2(parameters: DerNode | undefined, encrypted: string, { text, budget }: Password): string {
  const [derivation, scheme] = members(parameters)
  const [derivationId, derivationParameters] = members(derivation)
  if (oid(derivationId) !== OID.pbkdf2) throw new DerError('unknown key derivation')
  const [salt, count, ...rest] = members(derivationParameters)
  const prf = rest.find((node) => !isInteger(node))
  const digest = PBKDF2_DIGESTS.get(prf === undefined ? HMAC_SHA1 : oid(members(prf)[0]))
  const [schemeId, iv] = members(scheme)
  const cipher = PBES2_CIPHERS.get(oid(schemeId))
  if (digest === undefined || cipher === undefined) throw new DerError('unknown PBES2 algorithm')
  const iterations = smallInteger(count)
  // PBKDF2 computes whole digests. SHA-1 has the shortest digest, so this is the upper bound.
  budget.take(iterations * Math.ceil(cipher[1] / 20))
  const key = pbkdf2Sync(text, bufferOf(octets(salt)), iterations, cipher[1], digest)
  return decipher(cipher[0], key, bufferOf(octets(iv)), encrypted)
}

function pkcs12KeyAndIv(parameters: DerNode | undefined, { text, budget }: Password, keyBytes: number): KeyAndIv {
  const [saltNode, count] = members(parameters)
  const derivation = { password: text, salt: octets(saltNode), iterations: smallInteger(count), budget }
  return {
    key: pkcs12Key({ ...derivation, purpose: 'key', lengthBytes: keyBytes }),
    iv: pkcs12Key({ ...derivation, purpose: 'iv', lengthBytes: 8 }),
  }
}

interface KeyAndIv {
  readonly key: Buffer
  readonly iv: Buffer
}

function decipher(name: string, key: Buffer, iv: Buffer, encrypted: string): string {
  const cipher = createDecipheriv(name, key, iv)
  return Buffer.concat([cipher.update(bufferOf(encrypted)), cipher.final()]).toString('binary')
}

function bufferOf(binary: string): Buffer {
  return Buffer.from(binary, 'binary')
}
