import { type DocumentNode, kindOf, NULL, Scalar } from '../documents/document.ts'
import { JSON_NUMBER } from '../documents/json-parser.ts'
import { compactJson } from '../documents/node-bytes.ts'
import type { FunctionCall, PathFunction } from './function-types.ts'
import { booleanNode, compareText, isEqual, isList, isNull, isNumber, lookingAt, numberNode } from './node-values.ts'
import { PathFailure } from './path-failure.ts'

/** The functions of the JMESPath specification, which are those of go-jmespath. */
export const PATH_FUNCTIONS: ReadonlyMap<string, PathFunction> = new Map<string, PathFunction>([
  ['abs', { parameters: [['number']], call: ({ args }) => abs(args[0] as Scalar) }],
  ['avg', { parameters: [['array[number]']], call: ({ args }) => average(args[0] as Scalar[]) }],
  ['ceil', { parameters: [['number']], call: ({ args }) => round(args[0] as Scalar, Math.ceil) }],
  ['contains', { parameters: [['array', 'string'], ['any']], call: contains }],
  ['ends_with', { parameters: [['string'], ['string']], call: ({ args }) => endsWith(args as string[]) }],
  ['floor', { parameters: [['number']], call: ({ args }) => round(args[0] as Scalar, Math.floor) }],
  ['join', { parameters: [['string'], ['array[string]']], call: join }],
  ['keys', { parameters: [['object']], call: ({ args, budget }) => spent([...asMap(args[0]).keys()], budget) }],
  ['length', { parameters: [['string', 'array', 'object']], call: length }],
  ['map', { parameters: [['expression'], ['array']], call: map }],
  ['max', { parameters: [['array[number]', 'array[string]']], call: (call) => extreme(call, identity, 1) }],
  ['max_by', { parameters: [['array'], ['expression']], call: (call) => extreme(call, keyOf(call), 1) }],
  ['merge', { parameters: [['object']], variadic: true, call: merge }],
  ['min', { parameters: [['array[number]', 'array[string]']], call: (call) => extreme(call, identity, -1) }],
  ['min_by', { parameters: [['array'], ['expression']], call: (call) => extreme(call, keyOf(call), -1) }],
  ['not_null', { parameters: [['any']], variadic: true, call: ({ args }) => args.find((arg) => !isNull(arg)) ?? NULL }],
  ['reverse', { parameters: [['array', 'string']], call: reverse }],
  ['sort', { parameters: [['array[number]', 'array[string]']], call: (call) => sort(call, identity) }],
  ['sort_by', { parameters: [['array'], ['expression']], call: (call) => sort(call, keyOf(call)) }],
  ['starts_with', { parameters: [['string'], ['string']], call: ({ args }) => startsWith(args as string[]) }],
  ['sum', { parameters: [['array[number]']], call: ({ args }) => numberNode(total(args[0] as Scalar[])) }],
  ['to_array', { parameters: [['any']], call: ({ args }) => (isList(args[0]!) ? args[0] : [args[0]!]) }],
  ['to_number', { parameters: [['any']], call: ({ args }) => toNumber(args[0]!) }],
  ['to_string', { parameters: [['any']], call: toText }],
  ['type', { parameters: [['any']], call: ({ args }) => kindOf(args[0]!) }],
  ['values', { parameters: [['object']], call: ({ args, budget }) => spent([...asMap(args[0]).values()], budget) }],
])

type Key = (node: DocumentNode) => DocumentNode

const identity: Key = (node) => node

function asList(node: DocumentNode | undefined): readonly DocumentNode[] {
  return node as readonly DocumentNode[]
}

function asMap(node: DocumentNode | undefined): ReadonlyMap<string, DocumentNode> {
  return node as ReadonlyMap<string, DocumentNode>
}

function spent<T extends { readonly length: number }>(made: T, budget: FunctionCall['budget']): T {
  budget.spend(made.length)
  return made
}

function abs(node: Scalar): Scalar {
  return node.json.startsWith('-') ? new Scalar('number', node.json.slice(1)) : node
}

/** An integer is returned unchanged, because a double cannot hold all digits. */
function round(node: Scalar, how: (value: number) => number): Scalar {
  return /^-?[0-9]+$/.test(node.json) ? node : numberNode(how(node.double))
}

function total(nodes: readonly Scalar[]): number {
  return nodes.reduce((sum, node) => sum + node.double, 0)
}

function average(nodes: readonly Scalar[]): DocumentNode {
  return nodes.length === 0 ? NULL : numberNode(total(nodes) / nodes.length)
}

function contains({ args: [where, what], budget }: FunctionCall): DocumentNode {
  if (typeof where === 'string') return booleanNode(typeof what === 'string' && where.includes(what))
  return booleanNode(asList(where).some((item) => isEqual(item, what!, budget)))
}

function startsWith([text, start]: readonly string[]): DocumentNode {
  return booleanNode(text!.startsWith(start!))
}

function endsWith([text, end]: readonly string[]): DocumentNode {
  return booleanNode(text!.endsWith(end!))
}

function join({ args: [separator, items], budget }: FunctionCall): DocumentNode {
  const texts = items as readonly string[]
  budget.spend(texts.reduce((sum, text) => sum + text.length + (separator as string).length, 0))
  return texts.join(separator as string)
}

function length({ args: [node], budget }: FunctionCall): DocumentNode {
  if (typeof node === 'string') return numberNode(spent(Array.from(node), budget).length)
  return numberNode(node instanceof Map ? node.size : asList(node).length)
}

function map({ args, by, budget }: FunctionCall): DocumentNode {
  return asList(args[1]).map((item) => by(item, budget))
}

function merge({ args, budget }: FunctionCall): DocumentNode {
  const merged = new Map<string, DocumentNode>()
  for (const source of args) {
    budget.spend(asMap(source).size)
    for (const [name, member] of asMap(source)) merged.set(name, member)
  }
  return merged
}

function reverse({ args: [node], budget }: FunctionCall): DocumentNode {
  if (typeof node === 'string') return spent(Array.from(node), budget).toReversed().join('')
  return spent(asList(node), budget).toReversed()
}

/** A key function that requires the type of the first item, number or string, for all items. */
function keyOf({ by, budget }: FunctionCall): Key {
  let expected: string | undefined
  return (item) => {
    const key = by(item, budget)
    const kind = kindOf(key)
    if (kind !== 'number' && kind !== 'string') throw new PathFailure(`an item's sort key is of type ${kind}`)
    expected ??= kind
    if (kind !== expected) throw new PathFailure(`sort keys are of types ${expected} and ${kind}`)
    return key
  }
}

function compare(left: DocumentNode, right: DocumentNode, budget: FunctionCall['budget']): number {
  budget.spend(1 + Math.min(lookingAt(left), lookingAt(right)))
  if (isNumber(left) && isNumber(right)) return left.double - right.double
  return compareText(left as string, right as string)
}

/** The first of the largest (`sign` 1) or smallest (-1) items; null if there are none. */
function extreme({ args, budget }: FunctionCall, key: Key, sign: 1 | -1): DocumentNode {
  let best: { item: DocumentNode; key: DocumentNode } | undefined
  for (const item of asList(args[0])) {
    const candidate = { item, key: key(item) }
    if (!best || compare(candidate.key, best.key, budget) * sign > 0) best = candidate
  }
  return best?.item ?? NULL
}

function sort({ args, budget }: FunctionCall, key: Key): DocumentNode {
  const items = spent(asList(args[0]), budget).map((item) => ({ item, key: key(item) }))
  return items.sort((left, right) => compare(left.key, right.key, budget)).map(({ item }) => item)
}

function toNumber(node: DocumentNode): DocumentNode {
  if (isNumber(node)) return node
  if (typeof node !== 'string') return NULL
  JSON_NUMBER.lastIndex = 0
  if (JSON_NUMBER.exec(node)?.[0] === node) return new Scalar('number', node)
  // Forms that Go's ParseFloat accepts beyond the grammar of JSON, and that have a JSON form.
  return /^[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?$/.test(node) ? numberNode(Number(node)) : NULL
}

function toText({ args: [node], budget }: FunctionCall): DocumentNode {
  return typeof node === 'string' ? node : spent(compactJson(node!), budget)
}
