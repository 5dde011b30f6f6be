import { type DocumentNode, kindOf, NULL } from '../documents/document.ts'
import { accepts, type Evaluate, type PathFunction } from './function-types.ts'
import { PATH_FUNCTIONS } from './functions.ts'
import { lookingAt } from './node-values.ts'
import { PathFailure } from './path-failure.ts'

/** An argument: its evaluator, and whether it is a `&reference` that is passed unevaluated. */
export interface Argument {
  readonly evaluate: Evaluate
  readonly isReference: boolean
}

/** @throws PathFailure for an unknown function, a wrong number of arguments, or a misplaced reference */
export function compileFunction(name: string, args: readonly Argument[]): Evaluate {
  const found = PATH_FUNCTIONS.get(name)
  if (!found) throw new PathFailure(`unknown function ${name}()`)
  checkArguments(name, found, args)
  const reference = args.find((arg) => arg.isReference)
  const by: Evaluate = reference?.evaluate ?? ((node) => node)
  return (node, budget) => {
    budget.spend(1)
    const values = args.map((arg) => (arg.isReference ? NULL : arg.evaluate(node, budget)))
    for (const [at, value] of values.entries()) {
      budget.spend(lookingAt(value))
      if (args[at]!.isReference) continue
      const types = parameterOf(found, at)
      if (!accepts(types, value, budget)) throw new PathFailure(typeError(name, at, types, value))
    }
    return found.call({ args: values, by, budget })
  }
}

function parameterOf({ parameters }: PathFunction, at: number): PathFunction['parameters'][number] {
  return parameters[Math.min(at, parameters.length - 1)]!
}

function checkArguments(name: string, found: PathFunction, args: readonly Argument[]): void {
  const wanted = found.parameters.length
  if (args.length < wanted || (args.length > wanted && found.variadic !== true)) {
    throw new PathFailure(`${name}() takes ${wanted} argument${wanted === 1 ? '' : 's'}, found ${args.length}`)
  }
  for (const [at, { isReference }] of args.entries()) {
    const takesReference = parameterOf(found, at).includes('expression')
    if (takesReference !== isReference) {
      throw new PathFailure(`argument ${at + 1} of ${name}() must ${takesReference ? '' : 'not '}be a reference (&…)`)
    }
  }
}

function typeError(name: string, at: number, types: readonly string[], value: DocumentNode): string {
  const mixed = Array.isArray(value) && types.some((type) => type.startsWith('array['))
  const found = mixed ? 'array of other items' : kindOf(value)
  return `argument ${at + 1} of ${name}() must be ${types.join(' or ')}, found ${found}`
}
