import { compile, tokenize } from '@jmespath-community/jmespath'
import { invalid } from '../invalid-field.ts'
import { TRANSFORM_LIMITS } from '../limits.ts'
import { compileNode } from './compile-node.ts'
import type { Evaluate } from './function-types.ts'
import { PathFailure } from './path-failure.ts'

/** A JMESPath expression whose syntax and function calls have been checked. */
export interface CompiledPath {
  readonly expression: string
  /** @internal */
  readonly evaluate: Evaluate
}

/**
 * Compiles a JMESPath expression (the language of jmespath.org and go-jmespath, without later extensions).
 * @param field path of the expression, such as `spec.data[0].jmesPath[1].path`
 * @throws SecretSyncError `InvalidSpec` with `facts.field`, for a syntax error, an unknown function, a wrong number of
 * arguments and an expression longer than {@link TRANSFORM_LIMITS}.pathLength
 */
export function compilePath(expression: string, field: string): CompiledPath {
  if (expression.length > TRANSFORM_LIMITS.pathLength) {
    throw invalid(field, `the path has ${expression.length} characters; the limit is ${TRANSFORM_LIMITS.pathLength}`)
  }
  try {
    const explicit = withExplicitBackslashes(expression)
    checkTokens(explicit)
    return { expression, evaluate: compileNode(compile(explicit)) }
  } catch (error) {
    throw invalid(field, `not a JMESPath expression: ${reasonOf(error)}`)
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'syntax error'
  // The parser reads past its last token at an early end, and may run out of stack.
  if (error instanceof TypeError) return 'unexpected end'
  if (error instanceof RangeError) return 'nested too deep'
  if (error instanceof PathFailure) return error.message
  // Messages of the parser quote only the expression.
  return error.message.replace(/^syntax(?: error)?[:,]?\s*/i, '').replace('invalid token (EOF): ""', 'unexpected end')
}

/** A quoted identifier, a JSON literal, a raw string as go-jmespath reads it, or an opening quote without a closing one. */
const LITERAL = /"(?:\\[^]|[^"\\])*"|`(?:\\[^]|[^`\\])*`|'(?:\\'|\\(?!')|[^'\\])*'|['"`]/g

/** In a raw string go-jmespath knows only the escape `\'`. The library also reads `\\` as one backslash. */
function withExplicitBackslashes(expression: string): string {
  return expression.replace(LITERAL, (literal) => {
    if (literal === "'") throw new PathFailure('a literal has no closing quote')
    return literal.startsWith("'") ? literal.replace(/\\(?!')/g, '\\\\') : literal
  })
}

const QUOTED = /^(?:'(?:\\[\\']|\\(?![\\'])|[^'\\])*'|`(?:\\[\\`]|\\(?![\\`])|[^`\\])*`)$/

/** The lexer of the library accepts `'abc` as `'abc'` and `1-2` as `1`. */
function checkTokens(expression: string): void {
  const tokens = tokenize(expression)
  for (const [at, { start }] of tokens.entries()) {
    const source = expression.slice(start, tokens[at + 1]?.start).trimEnd()
    if (/^['`]/.test(source) && !QUOTED.test(source)) throw new PathFailure('a literal has no closing quote')
    if (/^-?[0-9]/.test(source) && !/^-?[0-9]+$/.test(source)) throw new PathFailure('a malformed number')
  }
}
