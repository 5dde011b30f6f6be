import { type DocumentNode, kindOf, type NodeKind } from '../documents/document.ts'
import { isList } from './node-values.ts'
import type { Budget } from '../budget.ts'

/** Evaluates a part of an expression on the current node; absent values are null. */
export type Evaluate = (node: DocumentNode, budget: Budget) => DocumentNode

/** Type of a parameter. `expression` is a `&reference`, which is valid only as an argument of a function. */
export type ParameterType = NodeKind | 'any' | 'array[number]' | 'array[string]' | 'expression'

/** A call with its arguments evaluated and their types checked. */
export interface FunctionCall {
  readonly args: readonly DocumentNode[]
  /** The `&reference`, for functions with such a parameter. */
  readonly by: Evaluate
  readonly budget: Budget
}

export interface PathFunction {
  /** Accepted types of each parameter. */
  readonly parameters: readonly (readonly ParameterType[])[]
  /** Whether the last parameter may be repeated. */
  readonly variadic?: boolean
  readonly call: (call: FunctionCall) => DocumentNode
}

export function accepts(types: readonly ParameterType[], node: DocumentNode, budget: Budget): boolean {
  return types.some((type) => {
    if (type === 'any' || type === kindOf(node)) return true
    if (!isList(node) || (type !== 'array[number]' && type !== 'array[string]')) return false
    budget.spend(node.length)
    return node.every((item) => kindOf(item) === (type === 'array[number]' ? 'number' : 'string'))
  })
}
