import forge from 'node-forge'

/** A parsed DER or BER element. */
export type DerNode = forge.asn1.Asn1

/** A malformed structure. Never leaves this package. */
export class DerError extends Error {
  override readonly name = 'DerError'
}

const { Class, Type } = forge.asn1

/** Parses exactly one element. Bytes are a "binary string" of node-forge: one character per byte. */
export function parseDer(bytes: string): DerNode {
  return forge.asn1.fromDer(bytes, true)
}

/** Members of a SEQUENCE or SET. */
export function members(node: DerNode | undefined): readonly DerNode[] {
  if (node === undefined || !Array.isArray(node.value)) throw new DerError('expected a constructed element')
  return node.value
}

/** The element inside an explicit tag `[0]`. */
export function inTagZero(node: DerNode | undefined): DerNode {
  if (node?.tagClass !== Class.CONTEXT_SPECIFIC || (node.type as number) !== 0) throw new DerError('expected [0]')
  const inner = members(node)[0]
  if (inner === undefined) throw new DerError('an empty [0]')
  return inner
}

/** Bytes of an OCTET STRING, primitive or constructed, also under an implicit tag. */
export function octets(node: DerNode | undefined): string {
  if (node === undefined) throw new DerError('expected octets')
  return typeof node.value === 'string' ? node.value : node.value.map((piece) => octets(piece)).join('')
}

/** An object identifier in dotted form. */
export function oid(node: DerNode | undefined): string {
  if (node?.type !== Type.OID || typeof node.value !== 'string') throw new DerError('expected an OID')
  return forge.asn1.derToOid(node.value)
}

/** Whether the element is an INTEGER. */
export function isInteger(node: DerNode | undefined): node is DerNode {
  return node?.tagClass === Class.UNIVERSAL && node.type === Type.INTEGER
}

/** An integer from 0 to 2^31. */
export function smallInteger(node: DerNode | undefined): number {
  const value = isInteger(node) ? Number.parseInt(forge.util.bytesToHex(octets(node)), 16) : Number.NaN
  if (!(value <= 2 ** 31)) throw new DerError('expected a small INTEGER')
  return value
}
