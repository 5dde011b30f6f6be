import { describe, expect, it } from 'vitest'
import { pageOf, type Repository, siteLink } from './site-pages.ts'

describe('pageOf', () => {
  it.each([
    ['README.md', 'index.md'],
    ['README.zh-CN.md', 'zh/index.md'],
    ['CONTRIBUTING.md', 'contributing.md'],
    ['docs/README.md', 'contents.md'],
    ['docs/zh/README.md', 'zh/contents.md'],
    ['docs/install.md', 'install.md'],
    ['docs/guides/aap.md', 'guides/aap.md'],
    ['docs/zh/guides/aap.md', 'zh/guides/aap.md'],
    ['docs/internals/README.md', 'internals/index.md'],
    ['packages/core/README.md', 'packages/core.md'],
    ['apps/cli/README.md', 'apps/cli.md'],
    ['apps/operator/chart/README.md', 'reference/chart.md'],
    ['packages/core/testdata/README.md', undefined],
    ['e2e/chaos/README.md', undefined],
    ['examples/tenants/README.md', undefined],
    ['deploy/crds.yaml', undefined],
  ])('%s → %s', (file, page) => expect(pageOf(file)).toBe(page))
})

describe('siteLink', () => {
  const files = [
    'README.md',
    'docs/install.md',
    'docs/guides/aap.md',
    'docs/internals/README.md',
    'deploy',
    'deploy/crds.yaml',
  ]
  const folders = [
    'docs/adr',
    'docs/internals',
    'docs',
    'packages/core',
    'packages/core/README.md',
    'tools/site/README.md',
  ]
  const repository: Repository = {
    url: 'https://example.com/tree/main',
    has: (file) => files.includes(file) || folders.includes(file),
  }

  it.each([
    ['docs/README.md', 'install.md', '/install.md'],
    ['docs/guides/aap.md', '../install.md#1-check', '/install.md#1-check'],
    ['docs/install.md', '../README.md', '/index.md'],
    ['docs/install.md', 'internals', '/internals/index.md'],
    ['docs/install.md', '#above', '#above'],
    ['README.md', 'packages/core', '/packages/core.md'],
    ['README.md', 'deploy/crds.yaml', 'https://example.com/tree/main/deploy/crds.yaml'],
    ['README.md', 'deploy/', 'https://example.com/tree/main/deploy'],
    ['README.md', 'docs/adr', 'https://example.com/tree/main/docs/adr'],
    ['docs/install.md', '../tools/site/README.md#build', 'https://example.com/tree/main/tools/site/README.md#build'],
    ['docs/install.md', 'https://other.example/x.md', 'https://other.example/x.md'],
    ['docs/install.md', 'mailto:a@example.com', 'mailto:a@example.com'],
  ])('%s: %s → %s', (from, href, expected) => expect(siteLink(from, href, repository)).toBe(expected))

  it.each([
    ['docs/install.md', 'none.md'],
    ['docs/install.md', '../../outside.md'],
    ['README.md', 'packages/none'],
  ])('%s: %s is dead', (from, href) => {
    expect(() => siteLink(from, href, repository)).toThrow(`${from}: dead link ${href}`)
  })
})
