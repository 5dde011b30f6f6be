import { regexCost } from '@ack-secret-manager/core'
import { invalid } from './invalid-field.ts'
import { type CompiledPath, compilePath } from './path/compile-path.ts'
import { type CompiledRule, compileRule, type KeyRule, type KeyRules } from './keys/key-rules.ts'
import type { NameRegex } from './keys/matches-name.ts'
import { TRANSFORM_LIMITS } from './limits.ts'

const { pathsLength, rules: maxRules, rulesCost } = TRANSFORM_LIMITS

/** Maximum CPU time for compiling one character, in microseconds. */
const PATH_EFFORT = 1
/** The same for a unit of `regexCost`. */
const RULE_EFFORT = 3

/** Yields to the event loop if `effort` more microseconds would block it for too long. */
export type Breathe = (effort: number) => Promise<void>

/** Compiles all expressions of one resource within common limits. Equal regular expressions are compiled once. */
export class ExpressionCompiler {
  readonly #breathe: Breathe
  readonly #bySource = new Map<string, CompiledRule>()
  #pathsLeft: number = pathsLength
  #rulesLeft: number = rulesCost

  constructor(breathe: Breathe) {
    this.#breathe = breathe
  }

  /** As {@link compilePath}. @throws SecretSyncError `InvalidSpec` also when all paths are too long together */
  async path(expression: string, field: string): Promise<CompiledPath> {
    this.#pathsLeft -= expression.length
    if (this.#pathsLeft < 0) throw invalid(field, `all paths exceed ${pathsLength} characters in total`)
    await this.#breathe(expression.length * PATH_EFFORT)
    return compilePath(expression, field)
  }

  /** As `compileKeyRules`. @throws SecretSyncError `InvalidSpec` also when all sources are too long together */
  async rules(rules: readonly KeyRule[], field: string): Promise<KeyRules> {
    if (rules.length > maxRules) throw invalid(field, `${rules.length} rules; the limit is ${maxRules}`)
    const compiled: CompiledRule[] = []
    for (const [at, rule] of rules.entries()) compiled.push(await this.#rule(rule, `${field}[${at}]`))
    return { compiled }
  }

  /** A regular expression that selects names. @throws SecretSyncError `InvalidSpec` as {@link rules} */
  async regex(source: string, field: string): Promise<NameRegex> {
    return { compiled: await this.#rule({ source, target: '' }, field, field) }
  }

  async #rule(rule: KeyRule, field: string, sourceField = `${field}.source`): Promise<CompiledRule> {
    const { source } = rule
    const known = this.#bySource.get(source)
    if (!known) {
      const cost = regexCost(source)
      this.#rulesLeft -= cost
      if (this.#rulesLeft < 0) {
        throw invalid(
          sourceField,
          `the regular expressions of all rules exceed ${rulesCost} characters in total, counting x{3} as xxx and multiplying by 16 or 256 for Unicode classes`,
        )
      }
      await this.#breathe(cost * RULE_EFFORT)
    }
    const compiled = compileRule(rule, field, known, sourceField)
    this.#bySource.set(source, compiled)
    return compiled
  }
}
