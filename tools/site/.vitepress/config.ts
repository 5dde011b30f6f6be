import { existsSync, globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { defineConfig } from 'vitepress'
import { diagram } from '../src/diagrams.ts'
import { type Files, type Locale, sidebar } from '../src/navigation.ts'
import { searchTerms } from '../src/search-terms.ts'
import { EXCLUDED, pageOf, siteLink } from '../src/site-pages.ts'

const ROOT = path.resolve(import.meta.dirname, '../../..')
const { version, repository } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as {
  readonly version: string
  readonly repository: { readonly url: string }
}
const repositoryUrl = repository.url.replace(/^git\+|\.git$/g, '')
const minor = `v${version.split('.').slice(0, 2).join('.')}`

const files: Files = {
  find: (pattern) => globSync(pattern, { cwd: ROOT }).toSorted(),
  title: (file) =>
    /^# (.*)$/m
      .exec(readFileSync(path.join(ROOT, file), 'utf8'))?.[1]
      ?.replaceAll('`', '')
      .replace(/^Access path: (?:a |the )?|^访问方式：/, '') ?? file,
}

const inRepository = { url: `${repositoryUrl}/tree/main`, has: (file: string) => existsSync(path.join(ROOT, file)) }

const themeOf = (locale: Locale): object => ({ sidebar: sidebar(locale, files) })

const ICON =
  "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 24 24' fill='none' stroke='%23ff6a00' stroke-width='2.5'><circle cx='8' cy='12' r='5'/><path d='M13 12h9m-4 0v4'/></svg>"

export default defineConfig({
  srcDir: ROOT,
  srcExclude: [...EXCLUDED],
  outDir: path.join(ROOT, 'dist/site'),
  cacheDir: path.join(ROOT, 'node_modules/.cache/vitepress'),
  // Each minor version stays under its own address.
  base: process.env['DOCS_BASE'] ?? `/${minor}/`,
  title: 'ack-secret-manager',
  description: 'Alibaba Cloud KMS secrets as ordinary Kubernetes Secrets',
  rewrites: (file) => pageOf(file) ?? file,
  head: [['link', { rel: 'icon', href: `data:image/svg+xml,${ICON}` }]],
  cleanUrls: true,
  lastUpdated: false,
  locales: {
    root: { label: 'English', lang: 'en', themeConfig: themeOf('en') },
    zh: {
      label: '简体中文',
      lang: 'zh-CN',
      title: 'ack-secret-manager',
      description: '将阿里云 KMS 凭据同步为 Kubernetes Secret',
      themeConfig: {
        ...themeOf('zh'),
        outline: { label: '本页目录' },
        docFooter: { prev: '上一页', next: '下一页' },
        darkModeSwitchLabel: '外观',
        lightModeSwitchTitle: '切换到浅色模式',
        darkModeSwitchTitle: '切换到深色模式',
        sidebarMenuLabel: '菜单',
        returnToTopLabel: '返回顶部',
        langMenuLabel: '切换语言',
        skipToContentLabel: '跳转到内容',
      },
    },
  },
  markdown: {
    theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' },
    config: (md) => {
      md.core.ruler.push('site-links', ({ tokens, env }) => {
        const { realPath, path: page } = env as { readonly realPath?: string; readonly path: string }
        const from = path.relative(ROOT, realPath ?? page)
        for (const token of tokens.flatMap(({ children }) => children ?? [])) {
          const href = token.attrGet('href')
          if (token.type === 'link_open' && href !== null) token.attrSet('href', siteLink(from, href, inRepository))
        }
      })
      // Vue would evaluate the braces of templates.
      const inline = md.renderer.rules.code_inline
      md.renderer.rules.code_inline = (...args) => {
        const [tokens, index] = args
        tokens[index]?.attrSet('v-pre', '')
        return inline?.(...args) ?? ''
      }
      const fence = md.renderer.rules.fence
      md.renderer.rules.fence = (...args) => {
        const [tokens, index] = args
        const token = tokens[index]
        return token?.info.trim() === 'mermaid' ? diagram(token.content) : (fence?.(...args) ?? '')
      }
    },
  },
  themeConfig: {
    nav: [{ text: minor, link: '/changelog' }],
    // Not every page is translated.
    i18nRouting: false,
    socialLinks: [{ icon: 'github', link: repositoryUrl }],
    search: {
      provider: 'local',
      options: {
        miniSearch: { options: { tokenize: searchTerms } },
        locales: {
          zh: {
            translations: {
              button: { buttonText: '搜索', buttonAriaLabel: '搜索文档' },
              modal: {
                displayDetails: '显示详情',
                resetButtonTitle: '清除',
                backButtonTitle: '关闭',
                noResultsText: '没有找到',
                footer: { selectText: '选择', navigateText: '切换', closeText: '关闭' },
              },
            },
          },
        },
      },
    },
  },
})
