import { SaxesParser } from 'saxes'

/** A leaf element: its path from the root, and its text. */
export interface Leaf {
  /** `Messages/Message/MessageBody`. */
  readonly path: string
  readonly text: string
}

/** Elements of 16 messages, with room for new fields. */
const MAX_ELEMENTS = 1_000
const MAX_DEPTH = 8

const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * The closed elements of a document in order; undefined for anything that is not well-formed, or that SMQ never sends: a document type,
 * too deep or too many elements. Only the five predefined entities exist, so no entity can expand.
 */
export function parseXml(bytes: Uint8Array): readonly Leaf[] | undefined {
  const leaves: Leaf[] = []
  const path: string[] = []
  let text = ''
  let elements = 0
  const parser = new SaxesParser()
  const refuse = (): never => {
    throw new Error('refused')
  }
  const append = (part: string): void => void (text += part)
  parser.on('error', refuse)
  parser.on('doctype', refuse)
  parser.on('text', append)
  parser.on('cdata', append)
  parser.on('opentag', ({ name }) => {
    elements += 1
    path.push(name)
    if (elements > MAX_ELEMENTS || path.length > MAX_DEPTH) refuse()
    text = ''
  })
  parser.on('closetag', () => {
    leaves.push({ path: path.join('/'), text })
    path.pop()
    text = ''
  })
  try {
    parser.write(utf8.decode(bytes)).close()
    return leaves
  } catch {
    // Drops the error, because parsers quote their input.
    return undefined
  }
}

/** The text of the first element with this path. */
export function textAt(leaves: readonly Leaf[], path: string): string | undefined {
  return leaves.find((leaf) => leaf.path === path)?.text
}

/** Text as content of an element. Control characters that XML cannot hold are replaced. */
export function escapeXml(text: string): string {
  const escaped: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '\r': '&#xD;' }
  return text
    .replaceAll(/(?![\t\n\r])[\p{Cc}\uFFFE\uFFFF]/gu, '\uFFFD')
    .replaceAll(/[&<>\r]/g, (each) => escaped[each] ?? each)
}
