import { RE2JS } from 're2js'
import { parseReplacement, type ReplacementPart } from './go-replacement.ts'
import { invalid } from '../invalid-field.ts'
import { TRANSFORM_LIMITS } from '../limits.ts'

/** One rule: a Go (RE2) regular expression for key names, and its replacement. */
export interface KeyRule {
  /** Regular expression in Go's syntax; not anchored. */
  readonly source: string
  /** Replacement in Go's syntax: `$1`, `$name`, `${name}`, `$$`. */
  readonly target: string
}

/** @internal */
export interface CompiledRule {
  readonly pattern: RE2JS
  /** Number of instructions of the compiled pattern. */
  readonly instructions: number
  readonly replacement: readonly ReplacementPart[]
}

/** Rules whose syntax has been checked. */
export interface KeyRules {
  /** @internal */
  readonly compiled: readonly CompiledRule[]
}

/**
 * Compiles rules for {@link rewriteKeys}.
 * @param field path of the list, such as `spec.dataProcess[0].replaceRule`
 * @throws SecretSyncError `InvalidSpec` with the offending rule's path in `facts.field`, for a syntax error and for
 * rules over {@link TRANSFORM_LIMITS}
 */
export function compileKeyRules(rules: readonly KeyRule[], field: string): KeyRules {
  if (rules.length > TRANSFORM_LIMITS.rules) {
    throw invalid(field, `${rules.length} rules; the limit is ${TRANSFORM_LIMITS.rules}`)
  }
  return { compiled: rules.map((rule, at) => compileRule(rule, `${field}[${at}]`)) }
}

/** @internal One rule of a list; `compiled` is its pattern if it was compiled before. */
export function compileRule(
  { source, target }: KeyRule,
  field: string,
  compiled?: CompiledRule,
  sourceField: string = `${field}.source`,
): CompiledRule {
  for (const [at, text] of [
    [sourceField, source],
    [`${field}.target`, target],
  ] as const) {
    if (text.length <= TRANSFORM_LIMITS.ruleLength) continue
    throw invalid(at, `${text.length} characters; the limit is ${TRANSFORM_LIMITS.ruleLength}`)
  }
  if (compiled) return { ...compiled, replacement: parseReplacement(target) }
  const pattern = compilePattern(source, sourceField)
  const instructions = pattern.programSize()
  if (instructions > TRANSFORM_LIMITS.ruleProgram) {
    throw invalid(sourceField, 'the regular expression is too large; use smaller repeat counts')
  }
  return { pattern, instructions, replacement: parseReplacement(target) }
}

function compilePattern(source: string, field: string): RE2JS {
  try {
    return RE2JS.compile(source)
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'syntax error'
    throw invalid(field, `not a regular expression in Go's (RE2) syntax: ${reason}`)
  }
}
