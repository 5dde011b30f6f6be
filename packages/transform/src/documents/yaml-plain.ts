import { type DocumentNode, FALSE, NULL, Scalar, TRUE } from './document.ts'
import { JSON_NUMBER } from './json-parser.ts'

/** Deeper documents are left to the library. */
const MAX_DEPTH = 16

/** `name: value`, `name: "value"`, `name: 'value'` or `name:`, with nothing that YAML gives another meaning. */
const MEMBER = new RegExp(
  [
    '^( *)',
    '([A-Za-z_][A-Za-z0-9_.-]{0,127}):',
    '(?:',
    ' +"([ !#-\\[\\]-~]*)"',
    "| +'([ -&(-~]*)'",
    // A plain text: begins with no indicator, has no `: ` and no ` #`, and does not end with a colon or a space.
    '| +((?:[A-Za-z0-9_/.+$(^=;<~\\\\]|-(?=[!-~]))(?:[!"$-9;-~]|:(?=[!-~])|#| +(?=[!"$-~]))*)',
    ')?$',
  ].join(''),
)
const EMPTY_OR_COMMENT = /^ *(?:#[ -~]*)?$/
const NULL_TEXT = /^(?:~|null|Null|NULL)$/
const TRUE_TEXT = /^(?:true|True|TRUE)$/
const FALSE_TEXT = /^(?:false|False|FALSE)$/

interface Level {
  readonly indent: number
  readonly members: Map<string, DocumentNode>
}

/**
 * Parses mappings of single-line texts in ASCII, nested by indentation, as most secrets in YAML are. The library needs twenty times as long
 * for them. Undefined for anything else, errors included: the library decides about it.
 */
export function parsePlainYaml(text: string): DocumentNode | undefined {
  const root: Level = { indent: 0, members: new Map() }
  let levels: readonly Level[] = [root]
  /** The last member, if it has no value yet. */
  let open: { readonly level: Level; readonly name: string } | undefined
  for (const line of text.split('\n')) {
    if (EMPTY_OR_COMMENT.test(line)) continue
    const found = MEMBER.exec(line)
    if (found === null) return undefined
    const [, { length: indent } = '', name = '', double, single, plain] = found
    let level = levels.at(-1) ?? root
    if (indent > level.indent) {
      // Below a text it would continue that text.
      if (open === undefined || levels.length >= MAX_DEPTH) return undefined
      const nested: Level = { indent, members: new Map() }
      open.level.members.set(open.name, nested.members)
      levels = [...levels, nested]
      level = nested
    } else if (indent < level.indent) {
      levels = levels.filter((each) => each.indent <= indent)
      level = levels.at(-1) ?? root
      if (level.indent !== indent) return undefined
    }
    if (level.members.has(name)) return undefined
    const value = double ?? single
    level.members.set(name, value ?? scalarOf(plain ?? ''))
    open = value === undefined && plain === undefined ? { level, name } : undefined
  }
  return root.members.size === 0 ? undefined : root.members
}

/** A plain text in the core schema of YAML 1.2. */
function scalarOf(text: string): string | Scalar {
  if (text === '' || NULL_TEXT.test(text)) return text === 'null' ? NULL : new Scalar('null', 'null', text)
  if (TRUE_TEXT.test(text)) return text === 'true' ? TRUE : new Scalar('boolean', 'true', text)
  if (FALSE_TEXT.test(text)) return text === 'false' ? FALSE : new Scalar('boolean', 'false', text)
  JSON_NUMBER.lastIndex = 0
  return JSON_NUMBER.exec(text)?.[0] === text ? new Scalar('number', text) : text
}
