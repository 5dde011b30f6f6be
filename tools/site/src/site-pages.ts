import path from 'node:path/posix'

/** Files of the repository and their place on the site, first match wins. Files of other folders are not pages. */
const PLACES: ReadonlyArray<readonly [file: RegExp, page: string]> = [
  [/^README\.md$/, 'index.md'],
  [/^README\.zh-CN\.md$/, 'zh/index.md'],
  [/^(CONTRIBUTING|CHANGELOG)\.md$/, '$1.md'],
  [/^apps\/operator\/chart\/README\.md$/, 'reference/chart.md'],
  [/^docs\/(zh\/)?README\.md$/, '$1contents.md'],
  [/^docs\/(.+)\/README\.md$/, '$1/index.md'],
  [/^docs\/(.+)$/, '$1'],
  [/^((?:packages|apps)\/[^/]+)\/README\.md$/, '$1.md'],
]

/** Folders without pages, for the search of VitePress. */
export const EXCLUDED: readonly string[] = [
  '{SECURITY,CODE_OF_CONDUCT,ROADMAP}.md',
  '{.github,dist,e2e,examples,out,tools}/**',
  '{packages,apps}/*/!(README).md',
  '{packages,apps}/*/!(chart|README.md)/**',
  'apps/*/chart/!(README.md)/**',
]

/** Path of the page of a Markdown file, both from their roots; undefined if the file is not a page. */
export function pageOf(file: string): string | undefined {
  if (!file.endsWith('.md')) return undefined
  const place = PLACES.find(([pattern]) => pattern.test(file))
  return place && file.replace(...place).toLowerCase()
}

/** What links need to know of the repository. */
export interface Repository {
  /** Address of a file or folder: `https://…/tree/main`. */
  readonly url: string
  /** Whether a file or folder exists. */
  has(file: string): boolean
}

/**
 * Where a link of a page goes on the site: links between pages stay there, links to other files go to the repository.
 * @param from file with the link, from the root of the repository
 * @throws Error if the link goes to a file that does not exist
 */
export function siteLink(from: string, href: string, repository: Repository): string {
  if (/^(?:[a-z]+:|#)/.test(href)) return href
  const [target = '', fragment] = href.split('#', 2)
  const file = path.join(path.dirname(from), decodeURI(target)).replace(/\/$/, '')
  if (file.startsWith('..') || !repository.has(file)) throw new Error(`${from}: dead link ${href}`)
  const anchor = fragment === undefined ? '' : `#${fragment}`
  const page = pageOf(file) ?? pageOf(`${file}/README.md`)
  const isPage = page !== undefined && (file.endsWith('.md') || repository.has(`${file}/README.md`))
  return isPage ? `/${page}${anchor}` : `${repository.url}/${file}${anchor}`
}
