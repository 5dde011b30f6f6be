import type { CompiledRule } from './key-rules.ts'
import { WorkBudget } from '../work-budget.ts'

/** A regular expression that selects names, see `ExpressionCompiler.regex`. */
export interface NameRegex {
  /** @internal */
  readonly compiled: Pick<CompiledRule, 'pattern' | 'instructions'>
}

/**
 * Whether some part of the name matches.
 * @throws SecretSyncError `TooLarge` when the work of the resource exceeds its limit
 */
export function matchesName(name: string, { compiled }: NameRegex, work: WorkBudget = new WorkBudget()): boolean {
  work.names.spend(compiled.instructions * (name.length + 1))
  return compiled.pattern.matcher(name).find()
}
