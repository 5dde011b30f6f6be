import { SecretSyncError } from '@ack-secret-manager/core'
import { Composer, type CST, Lexer, Parser, type Document } from 'yaml'
import { TRANSFORM_LIMITS } from '../limits.ts'
import { YamlSyntaxError } from './yaml-syntax-error.ts'

/** The parser's stack holds one token per collection, the document and the current scalar. */
const MAX_STACK = TRANSFORM_LIMITS.documentDepth + 4

/**
 * Parses one YAML document and stops at the first error. The function of the library collects all errors, with a stack trace for each.
 * @throws YamlSyntaxError where the text is not YAML or has more than one document
 * @throws SecretSyncError `TooLarge` when collections are nested too deep
 */
export function composeYaml(text: string): Document {
  const composer = new FirstErrorComposer()
  for (const document of composer.compose(tokensOf(text), true, text.length)) {
    const [error] = document.errors
    if (error) throw new YamlSyntaxError(describe(error.code), error.pos[0])
    return document
  }
  throw new YamlSyntaxError('no document', 0)
}

export function tooDeep(): SecretSyncError {
  return new SecretSyncError('TooLarge', `the document is nested deeper than ${TRANSFORM_LIMITS.documentDepth} levels`)
}

/** The tokens before the first one that cannot belong to a single document. */
function* tokensOf(text: string): Generator<CST.Token> {
  const parser = new Parser()
  let documents = 0
  const check = (token: CST.Token): CST.Token => {
    if (token.type === 'error') throw new YamlSyntaxError('unexpected token', token.offset)
    if (token.type === 'document' && ++documents > 1) throw new YamlSyntaxError('more than one document', token.offset)
    return token
  }
  for (const lexeme of new Lexer().lex(text)) {
    for (const token of parser.next(lexeme)) yield check(token)
    // The library needs more time per level the deeper the level is.
    if (parser.stack.length > MAX_STACK) throw tooDeep()
  }
  for (const token of parser.end()) yield check(token)
}

type ErrorSource = number | readonly [number, number] | { readonly offset: number }

/**
 * The library passes each error of a document to `onError`, which its types do not show. Without that method the errors also arrive, but
 * only at the end.
 */
class FirstErrorComposer extends Composer {
  #first: YamlSyntaxError | undefined

  constructor() {
    // Repeated keys would take quadratic time: the converter checks for them. Error messages would quote the text.
    super({ schema: 'core', uniqueKeys: false, prettyErrors: false, keepSourceTokens: true })
    const onError = (source: ErrorSource, code: string, _message: string, isWarning?: boolean): void => {
      if (isWarning !== true) throw (this.#first ??= new YamlSyntaxError(describe(code), offsetOf(source)))
    }
    Object.defineProperty(this, 'onError', { value: onError })
  }
}

function offsetOf(source: ErrorSource): number {
  if (typeof source === 'number') return source
  return 'offset' in source ? source.offset : source[0]
}

function describe(code: string): string {
  return code.toLowerCase().replaceAll('_', ' ')
}
