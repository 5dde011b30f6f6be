/** A number, boolean or null with its original text, so that no digit is lost. */
export class Scalar {
  readonly kind: 'number' | 'boolean' | 'null'
  /** As written in the document: `1e6`, `12345678901234567890`, `True`, `~`. */
  readonly text: string
  /** As JSON: `1e6`, `true`, `null`. */
  readonly json: string
  #double: number | undefined

  constructor(kind: Scalar['kind'], json: string, text: string = json) {
    this.kind = kind
    this.json = json
    this.text = text
  }

  /** In double precision, which comparisons and calculations use, as in Go's JMESPath. The digits are parsed once. */
  get double(): number {
    return (this.#double ??= Number(this.json))
  }
}

export const TRUE = new Scalar('boolean', 'true')
export const FALSE = new Scalar('boolean', 'false')
export const NULL = new Scalar('null', 'null')

/**
 * A value inside a document. Mappings are Maps in document order, so that `__proto__` and `constructor` are members
 * like any other.
 */
export type DocumentNode = string | Scalar | readonly DocumentNode[] | ReadonlyMap<string, DocumentNode>

/** A parsed JSON or YAML document: a mapping or a list. */
export interface Document {
  readonly root: readonly DocumentNode[] | ReadonlyMap<string, DocumentNode>
  readonly format: 'json' | 'yaml'
}

/** Types of values, with their JMESPath names. */
export type NodeKind = Scalar['kind'] | 'string' | 'array' | 'object'

export function kindOf(node: DocumentNode): NodeKind {
  if (typeof node === 'string') return 'string'
  if (node instanceof Scalar) return node.kind
  return node instanceof Map ? 'object' : 'array'
}
