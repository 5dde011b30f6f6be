import { SecretSyncError } from '@ack-secret-manager/core'
import {
  type Alias,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Document as YamlDocument,
  type Pair,
  type Scalar as YamlScalar,
  visit,
  type YAMLMap,
} from 'yaml'
import { type DocumentNode, FALSE, NULL, Scalar, TRUE } from './document.ts'
import { JSON_NUMBER } from './json-parser.ts'
import { TRANSFORM_LIMITS } from '../limits.ts'
import { doubleQuotedText } from './yaml-double-quoted.ts'
import { composeYaml, tooDeep } from './yaml-composer.ts'
import { parsePlainYaml } from './yaml-plain.ts'
import { YamlSyntaxError } from './yaml-syntax-error.ts'
import { wellFormed } from './well-formed.ts'

/**
 * Parses one YAML 1.2 document (core schema, merge keys) to the same nodes as JSON: scalars keep their original text, and a number that is
 * not valid JSON (`0123`, `0x1F`, `.5`, `.inf`) becomes a string with that text.
 * @throws YamlSyntaxError where the text is not YAML, has more than one document, repeats a key or uses a mapping as key
 * @throws SecretSyncError `TooLarge` when nesting, or the size after aliases are resolved, exceeds {@link TRANSFORM_LIMITS}
 */
export function parseYaml(text: string): DocumentNode {
  return parsePlainYaml(text) ?? parseAnyYaml(text)
}

/** {@link parseYaml} through the library alone. */
export function parseAnyYaml(text: string): DocumentNode {
  const document = composeYaml(text)
  return new YamlConverter(document).convert(document.contents)
}

class YamlConverter {
  readonly #targets: ReadonlyMap<Alias, Node>
  #nodes = 0

  constructor(document: YamlDocument) {
    this.#targets = aliasTargets(document)
  }

  convert(contents: unknown): DocumentNode {
    return this.#node(contents, 0)
  }

  #node(node: unknown, depth: number): DocumentNode {
    if (++this.#nodes > TRANSFORM_LIMITS.yamlNodes) {
      throw new SecretSyncError(
        'TooLarge',
        `the document has more than ${TRANSFORM_LIMITS.yamlNodes} values after its aliases are resolved`,
      )
    }
    // This also stops an alias that refers to its own parent.
    if (depth > TRANSFORM_LIMITS.documentDepth) throw tooDeep()
    if (node === null || node === undefined) return new Scalar('null', 'null', '')
    if (isScalar(node)) return scalarOf(node)
    if (isAlias(node)) return this.#node(this.#target(node), depth)
    if (isMap(node)) return this.#map(node, depth)
    if (isSeq(node)) return node.items.map((item) => this.#node(item, depth + 1))
    throw new YamlSyntaxError('a value of unknown kind', 0)
  }

  #target(alias: Alias): unknown {
    const target = this.#targets.get(alias)
    if (target === undefined) throw new YamlSyntaxError('an alias without its anchor', offsetOf(alias))
    return target
  }

  #map(map: YAMLMap, depth: number): DocumentNode {
    const members = new Map<string, DocumentNode>()
    const explicit = new Set<string>()
    for (const pair of map.items) {
      if (isMergeKey(pair)) {
        if (explicit.has('<<')) throw new YamlSyntaxError('a second merge key in one mapping', offsetOf(pair.key))
        explicit.add('<<')
        this.#merge(pair, members, depth)
        continue
      }
      const name = this.#name(pair.key)
      if (explicit.has(name)) throw new YamlSyntaxError('a key that the mapping already has', offsetOf(pair.key))
      explicit.add(name)
      members.set(name, this.#node(pair.value, depth + 1))
    }
    return members
  }

  /** Members of the mapping itself override merged ones, and an earlier merged mapping overrides a later one. */
  #merge(pair: Pair, members: Map<string, DocumentNode>, depth: number): void {
    const merged = this.#node(pair.value, depth + 1)
    for (const source of Array.isArray(merged) ? merged : [merged]) {
      if (!(source instanceof Map))
        throw new YamlSyntaxError('a merge key whose value is no mapping', offsetOf(pair.key))
      for (const [name, value] of source) if (!members.has(name)) members.set(name, value)
    }
  }

  #name(key: unknown): string {
    const node = isAlias(key) ? this.#target(key) : key
    if (node === null || node === undefined) return ''
    if (!isScalar(node)) throw new YamlSyntaxError('a mapping or list as a key', offsetOf(key))
    const name = scalarOf(node)
    return name instanceof Scalar ? name.text : name
  }
}

/** The lookup of the library walks the whole document for each alias. */
function aliasTargets(document: YamlDocument): Map<Alias, Node> {
  const anchors = new Map<string, Node>()
  const targets = new Map<Alias, Node>()
  visit(document, {
    Alias(_key, alias) {
      const target = anchors.get(alias.source)
      if (target) targets.set(alias, target)
    },
    Value(_key, node) {
      if (node.anchor !== undefined) anchors.set(node.anchor, node)
    },
  })
  return targets
}

function isMergeKey(pair: Pair): boolean {
  return isScalar(pair.key) && pair.key.type === 'PLAIN' && pair.key.source === '<<'
}

function scalarOf(node: YamlScalar): string | Scalar {
  const value = node.type === 'QUOTE_DOUBLE' ? doubleQuotedText(node) : node.value
  const text = node.source ?? ''
  if (value === null || value === undefined) return text === 'null' ? NULL : new Scalar('null', 'null', text)
  if (value === true) return text === 'true' ? TRUE : new Scalar('boolean', 'true', text)
  if (value === false) return text === 'false' ? FALSE : new Scalar('boolean', 'false', text)
  if (typeof value === 'string') return wellFormed(value)
  if (typeof value === 'number' || typeof value === 'bigint') {
    JSON_NUMBER.lastIndex = 0
    if (JSON_NUMBER.exec(text)?.[0] === text) return new Scalar('number', text)
  }
  return wellFormed(text)
}

function offsetOf(node: unknown): number {
  return isScalar(node) || isAlias(node) || isMap(node) || isSeq(node) ? (node.range?.[0] ?? 0) : 0
}
