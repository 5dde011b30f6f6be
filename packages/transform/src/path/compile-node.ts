import type { compile } from '@jmespath-community/jmespath'
import { type DocumentNode, NULL, Scalar } from '../documents/document.ts'
import { wellFormed } from '../documents/well-formed.ts'
import { compileFunction } from './compile-function.ts'
import type { Evaluate } from './function-types.ts'
import { booleanNode, isEqual, isFalsy, isList, isNull, isNumber } from './node-values.ts'
import { PathFailure } from './path-failure.ts'
import { slice } from './slice.ts'

/** The parser's syntax tree. */
export type SyntaxNode = ReturnType<typeof compile>
/** Additional steps for creating a list or a mapping, because allocation takes longer than access. */
const LIST_STEPS = 4
const HASH_STEPS = 12
type Of<T extends SyntaxNode['type']> = Extract<SyntaxNode, { type: T }>

/**
 * Compiles a syntax tree to a function over document nodes.
 * @throws PathFailure for extensions of the parser that go-jmespath does not have, and for invalid calls
 */
export function compileNode(node: SyntaxNode): Evaluate {
  const evaluate = compileKind(node)
  return (value, budget) => {
    budget.spend(1)
    return evaluate(value, budget)
  }
}

function compileKind(node: SyntaxNode): Evaluate {
  switch (node.type) {
    case 'Current':
    case 'Identity':
      return (value) => value
    case 'Literal': {
      const literal = literalNode(node.value)
      return () => literal
    }
    case 'Field':
      return (value) => (value instanceof Map ? (value.get(node.name) ?? NULL) : NULL)
    case 'Index':
      return (value) => (isList(value) ? (value.at(node.value) ?? NULL) : NULL)
    case 'Slice':
      if (node.step === 0) throw new PathFailure('the step of a slice must not be 0')
      return (value, budget) => (isList(value) ? slice(value, node, budget) : NULL)
    case 'Subexpression':
    case 'IndexExpression':
    case 'Pipe':
      return sequence(node.left, node.right)
    case 'Function':
      return compileFunction(node.name, node.children.map(compileArgument))
    default:
      return compileLogic(node)
  }
}

function compileLogic(node: SyntaxNode): Evaluate {
  switch (node.type) {
    case 'NotExpression': {
      const child = compileNode(node.child)
      return (value, budget) => booleanNode(isFalsy(child(value, budget)))
    }
    case 'AndExpression':
    case 'OrExpression': {
      const [left, right] = [compileNode(node.left), compileNode(node.right)]
      const stopsAtFalse = node.type === 'AndExpression'
      return (value, budget) => {
        const first = left(value, budget)
        return isFalsy(first) === stopsAtFalse ? first : right(value, budget)
      }
    }
    case 'Comparator':
      return compileComparator(node)
    default:
      return compileCollection(node)
  }
}

function compileCollection(node: SyntaxNode): Evaluate {
  switch (node.type) {
    case 'Projection':
      return projection(node.left, node.right, (value) => (isList(value) ? value : undefined))
    case 'ValueProjection':
      return projection(node.left, node.right, (value) => (value instanceof Map ? [...value.values()] : undefined))
    case 'FilterProjection':
      return compileFilter(node)
    case 'Flatten': {
      const child = compileNode(node.child)
      return (value, budget) => {
        const list = child(value, budget)
        if (!isList(list)) return NULL
        // Checked before the list is created, because a long list may be repeated in another one.
        budget.spend(list.reduce((sum: number, item) => sum + (isList(item) ? item.length : 1), 0))
        return list.flat()
      }
    }
    case 'MultiSelectList': {
      const items = node.children.map(compileNode)
      return (value, budget) => {
        if (isNull(value)) return NULL
        budget.spend(LIST_STEPS)
        return items.map((item) => item(value, budget))
      }
    }
    case 'MultiSelectHash': {
      const members = node.children.map((child) => [wellFormed(child.name), compileNode(child.value)] as const)
      return (value, budget) => {
        if (isNull(value)) return NULL
        budget.spend(HASH_STEPS)
        return new Map(members.map(([name, member]) => [name, member(value, budget)]))
      }
    }
    case 'ExpressionReference':
      throw new PathFailure('a reference (&…) can only be an argument of a function')
    default:
      throw new PathFailure(`${node.type} is an extension of JMESPath that is not supported`)
  }
}

function compileArgument(node: SyntaxNode): { evaluate: Evaluate; isReference: boolean } {
  return node.type === 'ExpressionReference'
    ? { evaluate: compileNode(node.child), isReference: true }
    : { evaluate: compileNode(node), isReference: false }
}

function sequence(first: SyntaxNode, second: SyntaxNode): Evaluate {
  const [left, right] = [compileNode(first), compileNode(second)]
  return (value, budget) => right(left(value, budget), budget)
}

function projection(
  from: SyntaxNode,
  each: SyntaxNode,
  itemsOf: (node: DocumentNode) => readonly DocumentNode[] | undefined,
): Evaluate {
  const [left, right] = [compileNode(from), compileNode(each)]
  return (value, budget) =>
    itemsOf(left(value, budget))
      ?.map((item) => right(item, budget))
      .filter((item) => !isNull(item)) ?? NULL
}

function compileFilter(node: Of<'FilterProjection'>): Evaluate {
  const [left, right, condition] = [compileNode(node.left), compileNode(node.right), compileNode(node.condition)]
  return (value, budget) => {
    const list = left(value, budget)
    if (!isList(list)) return NULL
    return list
      .filter((item) => !isFalsy(condition(item, budget)))
      .map((item) => right(item, budget))
      .filter((item) => !isNull(item))
  }
}

const ORDERINGS: Readonly<Record<'GT' | 'GTE' | 'LT' | 'LTE', (left: number, right: number) => boolean>> = {
  GT: (left, right) => left > right,
  GTE: (left, right) => left >= right,
  LT: (left, right) => left < right,
  LTE: (left, right) => left <= right,
}

function compileComparator({ name, left: first, right: second }: Of<'Comparator'>): Evaluate {
  const [left, right] = [compileNode(first), compileNode(second)]
  if (name === 'EQ' || name === 'NE') {
    return (value, budget) =>
      booleanNode(isEqual(left(value, budget), right(value, budget), budget) === (name === 'EQ'))
  }
  const ordering = ORDERINGS[name]
  return (value, budget) => {
    const [a, b] = [left(value, budget), right(value, budget)]
    return isNumber(a) && isNumber(b) ? booleanNode(ordering(a.double, b.double)) : NULL
  }
}

function literalNode(value: Of<'Literal'>['value']): DocumentNode {
  if (value === null) return NULL
  if (typeof value === 'string') return wellFormed(value)
  if (typeof value === 'boolean') return booleanNode(value)
  if (typeof value === 'number') return new Scalar('number', JSON.stringify(value))
  if (Array.isArray(value)) return value.map(literalNode)
  return new Map(Object.entries(value).map(([name, member]) => [wellFormed(name), literalNode(member)]))
}
