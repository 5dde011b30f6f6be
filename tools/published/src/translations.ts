import { createHash } from 'node:crypto'
import path from 'node:path'
import { anchorsOf, linksOf, withoutCodeBlocks } from './markdown.ts'

/** A Markdown file by its path in the repository. */
export interface Page {
  readonly file: string
  readonly text: string
}

/** A heading, or the start of a page, with all that follows it up to the next heading. */
interface Section {
  readonly name: string
  readonly level: number
  readonly anchors: readonly string[]
  readonly blocks: readonly string[]
  readonly links: readonly string[]
  /** Inline code of the text outside tables. */
  readonly code: readonly string[]
  /** Inline code of each row of its tables; a separator starts a table. */
  readonly rows: readonly string[]
}

/** A line that leads to the same page in the other language. */
const LANGUAGES = /^(English \| \[简体中文\]|\[English\]\(.*\) \| 简体中文).*$/m

/**
 * Compares a translation with its original. Prose differs; everything else is the same, in the same order.
 * @param pages the translation of each translated page, by the paths of both
 * @returns each difference, with what to do
 */
export function deviations(original: Page, translation: Page, pages: ReadonlyMap<string, string>): string[] {
  const expected = sectionsOf(original, (link) => linkInTranslation(original, translation, link, pages))
  const actual = sectionsOf(translation, (link) => link)
  const levels = (sections: readonly Section[]): string => sections.map(({ level }) => level).join(' ')
  if (levels(expected) !== levels(actual)) {
    return [`the levels of the headings are ${levels(actual)}; those of ${original.file} are ${levels(expected)}`]
  }
  return [
    ...expected.flatMap((section, index) => differences(section, actual[index] ?? section)),
    ...age(original, translation),
  ]
}

/** The comment at the end of a translation: of which text it is one. */
export function stampOf({ file, text }: Page): string {
  // The formatter may change white space and the width of tables, a release the version of the image.
  const words = text
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/-{3,}/g, '---')
    .replaceAll(/ack-secret-manager:[\d.]+/g, 'ack-secret-manager')
  return `<!-- Translation of ${file} at ${createHash('sha256').update(words).digest('hex').slice(0, 12)} -->`
}

function age(original: Page, { file, text }: Page): string[] {
  const stamp = stampOf(original)
  if (text.trimEnd().endsWith(stamp)) return []
  return [`${original.file} has changed since its translation: change ${file} too, then end it with ${stamp}`]
}

function sectionsOf({ text }: Page, mapped: (link: string) => string): Section[] {
  const parts = text
    .replace(LANGUAGES, '')
    .replaceAll(/<!--.*?-->/gs, '')
    .split(/(```.*?^ *```$)/ms)
  const marked = parts.map((part) => (part.startsWith('```') ? part : part.replaceAll(/^(?=#+ )/gm, '\f'))).join('')
  // An explicit anchor is above its heading.
  const moved = marked.replaceAll(/^(<a id="[^"]+"><\/a>\n+)\f/gm, '\f$1')
  return moved.split('\f').map((section) => sectionOf(section, mapped))
}

function sectionOf(text: string, mapped: (link: string) => string): Section {
  const [, marks = '', title = ''] = /^(#+) (.*)$/m.exec(withoutCodeBlocks(text)) ?? []
  const lines = withoutCodeBlocks(text).split('\n')
  const isRow = (line: string): boolean => line.startsWith('|')
  return {
    name: title === '' ? 'the start' : title,
    level: marks.length,
    anchors: marks.length > 1 ? anchorsOf(text) : [],
    blocks: [...text.matchAll(/^ *```.*?^ *```$/gms)].map(([block]) => block),
    links: linksOf(text).map(mapped).toSorted(),
    code: codeOf(lines.filter((line) => !isRow(line)).join('\n')),
    rows: lines.filter(isRow).map((row) => (/^\|[\s:|-]+\|$/.test(row) ? 'a separator' : codeOf(row).join(' '))),
  }
}

/** Distinct inline code, sorted: a translation may have another order. */
function codeOf(text: string): string[] {
  return [...new Set([...text.matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code))].toSorted()
}

function differences(expected: Section, actual: Section): string[] {
  const at = `section "${actual.name}" ("${expected.name}")`
  const anchor = expected.anchors.find((each) => !actual.anchors.includes(each))
  return [
    ...(anchor === undefined ? [] : [`${at} has no anchor: write <a id="${anchor}"></a> above it`]),
    ...differing(`${at}: code block`, expected.blocks, actual.blocks),
    ...differing(`${at}: link`, expected.links, actual.links),
    ...differing(`${at}: code`, expected.code, actual.code),
    ...differing(`${at}: code of table row`, expected.rows, actual.rows),
  ]
}

/** The first entry that differs. */
function differing(what: string, expected: readonly string[], actual: readonly string[]): string[] {
  const count = Math.max(expected.length, actual.length)
  const index = Array.from({ length: count }).findIndex((_each, at) => expected[at] !== actual[at])
  if (index < 0) return []
  return [`${what} ${index + 1} is ${quoted(actual[index])}; expected ${quoted(expected[index])}`]
}

function quoted(text: string | undefined): string {
  return text === undefined ? 'missing' : JSON.stringify(text)
}

/** A link of the original as it is in the translation: to the translated page if there is one. */
function linkInTranslation(
  original: Page,
  translation: Page,
  link: string,
  pages: ReadonlyMap<string, string>,
): string {
  const [target = '', anchor] = link.split('#')
  if (target === '') return link
  const file = path.join(path.dirname(original.file), target)
  const relative = path.relative(path.dirname(translation.file), pages.get(file) ?? file)
  return anchor === undefined ? relative : `${relative}#${anchor}`
}
