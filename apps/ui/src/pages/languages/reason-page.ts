/** What a reason means and what to do, in the language of a page. */
export interface GuideTexts {
  readonly means: string
  /** Absent if there is nothing to do. */
  readonly cure?: string
  readonly secret?: string
  readonly retried?: string
}

/** In a cell: there is nothing to do. */
const NOTHING = '–'
const ROW = /^\| <a id="([^"]+)"><\/a>/

/** The rows of a reference page of reasons by their anchor. Links become their text and the path of the page. Pure. */
export function guidesOf(markdown: string, page: string): ReadonlyMap<string, GuideTexts> {
  return new Map(
    markdown.split('\n').flatMap((line) => {
      const [, anchor] = ROW.exec(line) ?? []
      if (anchor === undefined) return []
      const [, , means = '', cure, secret, retried] = cellsOf(line).map((cell) => plainText(cell, page))
      return [[anchor, { means, ...given({ cure, secret, retried }) }] as const]
    }),
  )
}

function cellsOf(line: string): readonly string[] {
  return line.split(/(?<!\\)\|/).map((cell) => cell.replaceAll(String.raw`\|`, '|').trim())
}

function given(texts: Readonly<Record<'cure' | 'secret' | 'retried', string | undefined>>): Partial<GuideTexts> {
  return Object.fromEntries(
    Object.entries(texts).filter(([, text]) => text !== undefined && text !== '' && text !== NOTHING),
  )
}

function plainText(markdown: string, page: string): string {
  return markdown.replaceAll(/\[([^\]]+)\]\(([^)]+)\)/g, (_link, text: string, target: string) => {
    const { pathname, hash } = new URL(target, `file:///${page}`)
    return `${text} (${pathname.slice(1)}${hash})`
  })
}
