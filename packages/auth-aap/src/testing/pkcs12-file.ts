import { createHmac } from 'node:crypto'
import forge from 'node-forge'

const { Class, Type } = forge.asn1

export const sequence = (...members: readonly forge.asn1.Asn1[]): forge.asn1.Asn1 =>
  forge.asn1.create(Class.UNIVERSAL, Type.SEQUENCE, true, [...members])

/** The element inside an explicit tag `[0]`. */
export const tagZero = (inner: forge.asn1.Asn1): forge.asn1.Asn1 =>
  forge.asn1.create(Class.CONTEXT_SPECIFIC, Type.NONE, true, [inner])

export const octetString = (bytes: string): forge.asn1.Asn1 =>
  forge.asn1.create(Class.UNIVERSAL, Type.OCTETSTRING, false, bytes)

export const oidNode = (oid: string): forge.asn1.Asn1 =>
  forge.asn1.create(Class.UNIVERSAL, Type.OID, false, forge.asn1.oidToDer(oid).getBytes())

const integer = (value: number): forge.asn1.Asn1 =>
  forge.asn1.create(Class.UNIVERSAL, Type.INTEGER, false, forge.asn1.integerToDer(value).getBytes())

export interface Pkcs12FileOptions {
  /** @default SHA-1 */
  readonly macDigest?: string
  /** @default 1 */
  readonly iterations?: number
  /** Splits the octets of the content, as BER allows. */
  readonly pieces?: boolean
}

/** A PKCS#12 file with exactly these parts, and a MAC with SHA-1. For structures that no tool writes. */
export function pkcs12File(
  parts: readonly forge.asn1.Asn1[],
  password: string,
  { macDigest = '1.3.14.3.2.26', iterations = 1, pieces = false }: Pkcs12FileOptions = {},
): Buffer {
  const authSafe = forge.asn1.toDer(sequence(...parts)).getBytes()
  const salt = 'saltsalt'
  const key = forge.pkcs12.generateKey(
    password,
    forge.util.createBuffer(salt),
    3,
    Math.max(1, Math.min(iterations, 10)),
    20,
  )
  const mac = createHmac('sha1', Buffer.from(key.getBytes(), 'binary'))
    .update(Buffer.from(authSafe, 'binary'))
    .digest('binary')
  const content = pieces
    ? forge.asn1.create(Class.UNIVERSAL, Type.OCTETSTRING, true, [
        octetString(authSafe.slice(0, 100)),
        octetString(authSafe.slice(100)),
      ])
    : octetString(authSafe)
  const file = sequence(
    integer(3),
    sequence(oidNode('1.2.840.113549.1.7.1'), tagZero(content)),
    sequence(sequence(sequence(oidNode(macDigest)), octetString(mac)), octetString(salt), integer(iterations)),
  )
  return Buffer.from(forge.asn1.toDer(file).getBytes(), 'binary')
}
