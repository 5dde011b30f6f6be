import { existsSync, globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { ROOT } from './workspaces.ts'

/** Files of the repository that match, without those of dependencies. */
export function found(...patterns: readonly string[]): string[] {
  const isOurs = (file: string): boolean => !file.includes('node_modules')
  return patterns.flatMap((pattern) => globSync(pattern, { cwd: ROOT }).filter(isOurs).toSorted())
}

export function textOf(file: string): string {
  return readFileSync(path.join(ROOT, file), 'utf8')
}

export function withoutCodeBlocks(text: string): string {
  return text.replace(/^ *```.*?^ *```$/gms, '')
}

/** Link targets of a text, without URLs. */
export function linksOf(text: string): string[] {
  const prose = withoutCodeBlocks(text).replace(/`[^`\n]*`/g, '')
  const targets = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target)
  return targets.filter((target) => !/^[a-z]+:/.test(target))
}

export function leadsSomewhere(page: string, link: string): boolean {
  const [target = '', anchor] = link.split('#')
  const file = target === '' ? page : path.join(path.dirname(page), target)
  if (!existsSync(path.join(ROOT, file))) return false
  return anchor === undefined || anchorsOf(textOf(file)).includes(anchor)
}

/** Titles of the headings of a text, of one level or of all. */
export function headingsOf(text: string, level?: number): string[] {
  const lines = [...withoutCodeBlocks(text).matchAll(/^(#+) (.*)$/gm)]
  return lines
    .filter(([, marks = '']) => level === undefined || marks.length === level)
    .map(([, , title = '']) => title)
}

/** Anchors of the headings, like on GitHub, and explicit ones, above headings and in tables. */
export function anchorsOf(text: string): string[] {
  const explicit = [...withoutCodeBlocks(text).matchAll(/<a id="([^"]+)"><\/a>/g)].map(([, id = '']) => id)
  return [...headingsOf(text).map(slugOf), ...explicit]
}

function slugOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-')
}
