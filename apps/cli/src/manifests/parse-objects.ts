import {
  type Document,
  type ErrorCode,
  isCollection,
  isNode,
  isScalar,
  LineCounter,
  type Node,
  parseAllDocuments,
  visit,
} from 'yaml'
import { MANIFEST_LIMITS } from './limits.ts'

/** A Kubernetes object of a manifest, not validated yet. */
export interface ManifestObject {
  /** `file.yaml:12` */
  readonly location: string
  readonly apiVersion: string
  readonly kind: string
  readonly value: Readonly<Record<string, unknown>>
}

/** Objects and problems of a text. */
export interface ParsedText {
  readonly objects: readonly ManifestObject[]
  /** Locations of documents that have neither apiVersion nor kind. */
  readonly others: readonly string[]
  readonly problems: readonly string[]
}

/** Own messages, because the parser quotes the text around an error, which may be a credential. */
const YAML_PROBLEMS: Partial<Record<ErrorCode, string>> = {
  BAD_INDENT: 'wrong indentation',
  BLOCK_AS_IMPLICIT_KEY: 'a nested mapping or list where a plain value is expected; quotes or a line break are missing',
  MISSING_CHAR: 'a character is missing: a quote, a bracket, a colon or a comma',
  TAB_AS_INDENT: 'a tab where only spaces may indent',
  UNEXPECTED_TOKEN: 'unexpected content',
  MULTILINE_IMPLICIT_KEY: 'a key that spans several lines; a colon or quotes are missing',
  BAD_ALIAS: 'a bad alias',
  RESOURCE_EXHAUSTION: 'nested too deeply',
}

/** Parses objects from YAML or JSON, and expands lists. Never throws. */
export function parseObjects(text: string, label: string): ParsedText {
  const objects: ManifestObject[] = []
  const others: string[] = []
  const problems = eachDocument(text, label, (document, where) => {
    const found = objectsOf(document, where)
    objects.push(...found.objects)
    others.push(...found.others)
    return found.problems
  })
  return { objects, others, problems }
}

/** An action of a template that is not in quotes, at the beginning of a line, of a list item or of a value. */
const HELM_ACTION = /^[ \t]*(?:-[ \t]+)*(?:[-\w.]+:[ \t]+)?\{\{(?:-?\s|[.$\w])/m

/** Returns the location of an offset in a file, as `file.yaml:12`. */
export type Where = (offset: number | undefined) => string

/**
 * Reads the documents of YAML or JSON one by one.
 * @param onDocument called for each document that is not empty; returns its problems
 * @returns all problems, as lines for users that quote nothing of the text
 */
export function eachDocument(
  text: string,
  label: string,
  onDocument: (document: Document, where: Where) => readonly string[],
): readonly string[] {
  const lines = new LineCounter()
  const where: Where = (offset) => `${label}:${offset === undefined ? 1 : lines.linePos(offset).line}`
  const problems: string[] = []
  try {
    // Concatenated files may each begin with a byte order mark, which the parser expects only at the beginning.
    const documents = parseAllDocuments(text.replaceAll(/^\uFEFF/gm, ''), {
      lineCounter: lines,
      prettyErrors: false,
      merge: true,
      keepSourceTokens: false,
      // The parser compares each key with all others of its mapping.
      uniqueKeys: false,
      logLevel: 'silent',
    })
    const advice = HELM_ACTION.test(text) ? '; it is a template of Helm: pass the output of helm template' : ''
    for (const document of Array.isArray(documents) ? documents : []) {
      const error = errorOf(document)
      if (error) problems.push(`${label}:${positionOf(error.offset, lines)}: ${error.what}${advice}`)
      else if (document.contents !== null) problems.push(...onDocument(document, where))
    }
  } catch (error) {
    // Too many aliases, or nesting deeper than the parser's stack.
    const why = error instanceof RangeError ? 'nested too deeply' : 'too many aliases, or an unresolved alias'
    problems.push(`${label}: not usable YAML: ${why}`)
  }
  return problems
}

/** Objects of one document, a `List` expanded. */
export function objectsOf(document: Document, where: Where): ParsedText {
  const found: { objects: ManifestObject[]; others: string[]; problems: string[] } = {
    objects: [],
    others: [],
    problems: [],
  }
  const value: unknown = document.toJS({ maxAliasCount: MANIFEST_LIMITS.aliases })
  const location = where(document.contents?.range?.[0])
  if (value === null) return found
  if (isRecord(value) && ((value['apiVersion'] === 'v1' && value['kind'] === 'List') || isListOfOneKind(value))) {
    const items: unknown = value['items'] ?? []
    if (!Array.isArray(items)) {
      found.problems.push(`${location}: List: items: expected a list`)
      return found
    }
    items.forEach((item: unknown, index) =>
      addObject(item, where(itemOffset(document, index)), `${location}: List: items[${index}]`, found),
    )
  } else if (isRecord(value) && value['apiVersion'] === undefined && value['kind'] === undefined) {
    found.others.push(location)
  } else addObject(value, location, location, found)
  return found
}

/** Such as an ExternalSecretList. Core lists, whose items have no kind, are of no interest. */
function isListOfOneKind({ kind, items }: Readonly<Record<string, unknown>>): boolean {
  if (typeof kind !== 'string' || !kind.endsWith('List') || !Array.isArray(items)) return false
  return items.every((item: unknown) => isRecord(item) && typeof item['kind'] === 'string' && 'apiVersion' in item)
}

function addObject(
  value: unknown,
  location: string,
  label: string,
  found: { objects: ManifestObject[]; problems: string[] },
): void {
  if (!isRecord(value)) {
    found.problems.push(`${label}: expected a Kubernetes object`)
    return
  }
  const { apiVersion, kind } = value
  if (typeof apiVersion !== 'string' || apiVersion === '' || typeof kind !== 'string' || kind === '') {
    const missing = typeof kind === 'string' && kind !== '' ? 'apiVersion' : 'kind'
    found.problems.push(`${label}: not a Kubernetes object: ${missing} is missing`)
    return
  }
  found.objects.push({ location, apiVersion, kind, value })
}

function itemOffset(document: Document, index: number): number | undefined {
  const contents = document.contents
  const node = isCollection(contents) ? (contents.getIn(['items', index], true) as Node | undefined) : undefined
  return node?.range?.[0]
}

interface Located {
  readonly offset: number
  readonly what: string
}

function errorOf(document: Document): Located | undefined {
  const [error] = document.errors
  if (error === undefined) return errorAmongNodes(document)
  const words = YAML_PROBLEMS[error.code] ?? error.code.toLowerCase().replaceAll('_', ' ')
  return { offset: error.pos[0], what: `not valid YAML: ${words}` }
}

/** The first key that no object has, key that is repeated, alias too many, or alias whose value never ends. */
function errorAmongNodes(document: Document): Located | undefined {
  let found: Located | undefined
  let aliases = 0
  const breakAt = (node: unknown, what: string): symbol => {
    found = { offset: isNode(node) ? (node.range?.[0] ?? 0) : 0, what }
    return visit.BREAK
  }
  visit(document, {
    Alias: (_key, alias, parents) => {
      aliases += 1
      // For each alias the parser searches its anchor in the whole document.
      if (aliases > MANIFEST_LIMITS.aliases) {
        return breakAt(alias, `not usable YAML: more than ${MANIFEST_LIMITS.aliases} aliases`)
      }
      const isEndless = parents.some((parent) => isCollection(parent) && parent.anchor === alias.source)
      return isEndless ? breakAt(alias, 'not usable YAML: an alias inside its own anchor') : undefined
    },
    Map: (_key, { items }) => {
      const names = new Set<unknown>()
      for (const { key } of items) {
        if (isCollection(key)) return breakAt(key, 'not usable YAML: a mapping or list as a key')
        const name = isScalar(key) ? key.value : key
        if (names.has(name)) return breakAt(key, 'not valid YAML: the same key twice in one mapping')
        names.add(name)
      }
      return undefined
    },
  })
  return found
}

function positionOf(offset: number, lines: LineCounter): string {
  const { line, col } = lines.linePos(offset)
  return `${line}:${col}`
}

/** Whether a value is a mapping. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
