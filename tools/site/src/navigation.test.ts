import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { chineseOf, filesOf, GROUPS, type Files, sidebar } from './navigation.ts'
import { pageOf } from './site-pages.ts'

const ROOT = path.resolve(import.meta.dirname, '../../..')
const files: Files = {
  find: (pattern) => globSync(pattern, { cwd: ROOT }).toSorted(),
  title: (file) => `title of ${file}`,
}

describe('the sidebar', () => {
  it('has every page of the docs and every package once', () => {
    const listed = GROUPS.flatMap((group) => filesOf(group, files.find))
    const pages = files
      .find('{README,CONTRIBUTING,CHANGELOG}.md')
      .concat(files.find('{docs/**/*,{packages,apps}/*/README,apps/operator/chart/README}.md'))
      .filter((file) => pageOf(file) !== undefined && !file.startsWith('docs/zh/'))
    expect(listed.toSorted()).toEqual(pages.toSorted())
    expect(new Set(listed).size).toBe(listed.length)
  })

  it('leads to existing files', () => {
    for (const file of GROUPS.flatMap((group) => filesOf(group, files.find)))
      expect(readFileSync(path.join(ROOT, file), 'utf8'), `heading of ${file}`).toMatch(/^# /m)
  })

  it('has the Chinese page where there is one, and the English page otherwise', () => {
    const some: Files = {
      find: (pattern) => (pattern === 'docs/zh/guides/aap.md' ? [pattern] : []),
      title: (file) => file,
    }
    const [, access] = sidebar('zh', some)
    expect(access?.text).toBe('访问 KMS')
    expect(access?.items.map(({ link }) => link)).toContain('/zh/guides/aap.md')
    expect(access?.items.map(({ link }) => link)).toContain('/guides/oos.md')
    expect(sidebar('en', some)[1]?.items.map(({ link }) => link)).toContain('/guides/aap.md')
  })

  it('has every Chinese page once', () => {
    const listed = sidebar('zh', files).flatMap(({ items }) => items.map(({ link }) => link.slice(1)))
    const pages = ['README.zh-CN.md', ...files.find('docs/zh/**/*.md')].map((file) => pageOf(file) ?? file)
    expect(listed.filter((page) => page.startsWith('zh/')).toSorted()).toEqual(pages.toSorted())
  })

  it.each([
    ['README.md', 'README.zh-CN.md'],
    ['apps/operator/chart/README.md', 'docs/zh/reference/chart.md'],
    ['docs/guides/aap.md', 'docs/zh/guides/aap.md'],
  ])('finds the Chinese file of %s', (file, chinese) => expect(chineseOf(file)).toBe(chinese))
})
