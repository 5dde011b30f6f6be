import { type DocumentNode, FALSE, Scalar, TRUE } from '../documents/document.ts'
import { PathFailure } from './path-failure.ts'
import type { Budget } from '../budget.ts'

export function isList(node: DocumentNode): node is readonly DocumentNode[] {
  return Array.isArray(node)
}

export function isNull(node: DocumentNode): boolean {
  return node instanceof Scalar && node.kind === 'null'
}

export function isNumber(node: DocumentNode): node is Scalar {
  return node instanceof Scalar && node.kind === 'number'
}

/** Falsy values of JMESPath: false, null and everything empty. Zero is truthy. */
export function isFalsy(node: DocumentNode): boolean {
  if (typeof node === 'string') return node === ''
  if (node instanceof Scalar) return node.json === 'false' || node.kind === 'null'
  return node instanceof Map ? node.size === 0 : (node as readonly DocumentNode[]).length === 0
}

export function booleanNode(value: boolean): Scalar {
  return value ? TRUE : FALSE
}

export function numberNode(value: number): Scalar {
  if (!Number.isFinite(value)) throw new PathFailure('a calculation leaves the range of numbers')
  return new Scalar('number', JSON.stringify(value))
}

/** Steps for reading a whole text, or all digits, because the same text may be repeated in a list. */
export function lookingAt(node: DocumentNode): number {
  if (typeof node === 'string') return node.length >> 4
  return node instanceof Scalar ? node.json.length >> 4 : 0
}

/** Deep equality, ignoring the order of members. */
export function isEqual(left: DocumentNode, right: DocumentNode, budget: Budget): boolean {
  budget.spend(1 + Math.min(lookingAt(left), lookingAt(right)))
  if (typeof left === 'string' || typeof right === 'string') return left === right
  if (left instanceof Scalar || right instanceof Scalar) {
    if (!(left instanceof Scalar && right instanceof Scalar) || left.kind !== right.kind) return false
    return left.kind === 'number' ? left.double === right.double : left.json === right.json
  }
  if (left instanceof Map || right instanceof Map) {
    if (!(left instanceof Map && right instanceof Map) || left.size !== right.size) return false
    return [...left].every(([name, member]) => {
      const other = right.get(name)
      return other !== undefined && isEqual(member, other, budget)
    })
  }
  const [a, b] = [left as readonly DocumentNode[], right as readonly DocumentNode[]]
  return a.length === b.length && a.every((item, at) => isEqual(item, b[at]!, budget))
}

/** Order of code points, which is the order of their UTF-8 bytes. JavaScript compares UTF-16 units. */
export function compareText(left: string, right: string): number {
  const length = Math.min(left.length, right.length)
  for (let at = 0; at < length; at++) {
    const [a, b] = [left.charCodeAt(at), right.charCodeAt(at)]
    if (a === b) continue
    const [isPairA, isPairB] = [isSurrogate(a), isSurrogate(b)]
    return isPairA === isPairB ? a - b : isPairA ? 1 : -1
  }
  return left.length - right.length
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff
}
