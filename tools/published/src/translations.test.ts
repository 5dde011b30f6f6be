import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { found, linksOf, textOf, withoutCodeBlocks } from './markdown.ts'
import { deviations, type Page, stampOf } from './translations.ts'

/** Pages below docs with a Chinese page. */
const TRANSLATED = [
  'README',
  'guides/aap',
  'guides/access-key',
  'guides/assume-role',
  'guides/batches',
  'guides/find',
  'guides/generators',
  'guides/instance-ram',
  'guides/migrate-from-ack-secret-manager',
  'guides/oos',
  'guides/push-a-secret',
  'guides/push-refresh',
  'guides/restart',
  'guides/rrsa',
  'guides/rrsa-workload',
  'guides/shards',
  'guides/templates',
  'guides/tokens',
  'guides/worker-role',
  'install',
  'reference/reasons',
  'reference/values',
  'troubleshooting',
]
/** The Chinese page of each English page that has one. */
const CHINESE: ReadonlyMap<string, string> = new Map([
  ['README.md', 'README.zh-CN.md'],
  ['apps/operator/chart/README.md', 'docs/zh/reference/chart.md'],
  ...TRANSLATED.map((name) => [`docs/${name}.md`, `docs/zh/${name}.md`] as const),
])
/** Chinese pages without an English one. */
const CHINESE_ONLY = ['docs/zh/glossary.md']

const pageOf = (file: string): Page => ({ file, text: textOf(file) })

describe('Chinese pages', () => {
  it.each([...CHINESE])('%s: is the same as %s but for its prose', (english, chinese) => {
    expect(deviations(pageOf(english), pageOf(chinese), CHINESE)).toEqual([])
  })

  it('exist for every access path', () => {
    const ways = found('examples/access/*.yaml').map((file) => path.basename(file, '.yaml'))
    expect(ways.filter((way) => !CHINESE.has(`docs/guides/${way}.md`))).toEqual([])
  })

  it.each([
    ['README.md', 'README.zh-CN.md'],
    ['docs/README.md', 'docs/zh/README.md'],
  ])('lead to the other language and back: %s, %s', (english, chinese) => {
    const linked = (from: string, to: string): boolean =>
      linksOf(textOf(from).split('\n', 3).join('\n')).includes(path.relative(path.dirname(from), to))
    expect([linked(english, chinese), linked(chinese, english)]).toEqual([true, true])
  })

  it('are all compared with an English page', () => {
    const pages = found('*.zh-CN.md', 'docs/zh/**/*.md')
    expect(pages.toSorted()).toEqual([...CHINESE.values(), ...CHINESE_ONLY].toSorted())
  })

  it.each([...CHINESE.values(), ...CHINESE_ONLY])('%s: is typeset as Chinese', (page) => {
    const lines = proseOf(textOf(page)).split('\n')
    expect(lines.filter((line) => /\p{sc=Han}[,;:?!]|[,;:?!]\p{sc=Han}/u.test(line))).toEqual([])
    expect(lines.filter((line) => /\p{sc=Han}[a-z0-9`]|[a-z0-9`]\p{sc=Han}/iu.test(line))).toEqual([])
    // Bold text that ends with punctuation needs a space, or it is not bold.
    expect(lines.filter((line) => /[。，：；！？）”]\*\*[^\s，。：；（]/u.test(line))).toEqual([])
  })
})

/** Text with a backtick for each code, and links without targets. */
function proseOf(text: string): string {
  return withoutCodeBlocks(text)
    .replaceAll(/`[^`\n]*`/g, '`')
    .replaceAll(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
}

describe('a comparison', () => {
  const ENGLISH = `# Keys

See [install](install.md#keys) and \`--key\`.

## Check

\`\`\`sh
# a comment, not a heading
kubectl get secret
\`\`\`

| Message    | Fix             |
| ---------- | --------------- |
| \`no key\` | [set](#keys) it |
`
  const original: Page = { file: 'docs/keys.md', text: ENGLISH }
  const CHINESE_TEXT = `# 密钥

参见 \`--key\` 与[安装](install.md#keys)。

<a id="check"></a>

## 验证

\`\`\`sh
# a comment, not a heading
kubectl get secret
\`\`\`

| 消息 | 处理 |
| --- | --- |
| \`no key\` | [设置](#keys) |

${stampOf(original)}
`
  const pages = new Map([['docs/install.md', 'docs/zh/install.md']])
  const compared = (text: string, english = ENGLISH): string[] =>
    deviations({ ...original, text: english }, { file: 'docs/zh/keys.md', text }, pages)

  it('accepts a translation', () => expect(compared(CHINESE_TEXT)).toEqual([]))

  it('accepts other white space in the original', () =>
    expect(compared(CHINESE_TEXT, ENGLISH.replaceAll(/-{3,}/g, '---').replace('See [', 'See\n['))).toEqual([]))

  it.each<[string, (text: string) => string, string]>([
    [
      'a heading of another level',
      (text) => text.replace('## 验证', '### 验证'),
      'the levels of the headings are 0 1 3',
    ],
    ['a missing section', (text) => text.slice(0, text.indexOf('<a')), 'the levels of the headings are 0 1;'],
    ['a missing anchor', (text) => text.replace('<a id="check"></a>', ''), 'write <a id="check"></a> above it'],
    ['a translated comment', (text) => text.replace('# a comment', '# 注释'), 'code block 1 is'],
    [
      'a link to the English page',
      (text) => text.replace('install.md', '../install.md'),
      'link 1 is "../install.md#keys"',
    ],
    ['a link that is left out', (text) => text.replace('[设置](#keys)', '设置'), 'link 1 is missing; expected "#keys"'],
    ['a flag that is left out', (text) => text.replace('`--key`', '启动参数'), 'code 1 is missing; expected "--key"'],
    ['a missing row', (text) => text.replace(/^\| `no.*\n/m, ''), 'code of table row 3 is missing'],
    ['another message', (text) => text.replace('`no key`', '`没有键`'), 'expected "no key"'],
    ['no stamp', (text) => text.replace(/<!--.*/, ''), 'docs/keys.md has changed since its translation'],
  ])('finds %s', (_what, changed, difference) =>
    expect(compared(changed(CHINESE_TEXT))).toContainEqual(expect.stringContaining(difference)),
  )

  it.each<[string, string, string, number]>([
    ['a changed sentence', 'and', 'or', 1],
    ['a changed flag', '`--key`', '`--keys`', 2],
    ['a new row', '| Message', '| `too long` | cut it |\n| Message', 2],
  ])('finds %s of the original', (_what, from, to, count) =>
    expect(compared(CHINESE_TEXT, ENGLISH.replace(from, to))).toHaveLength(count),
  )
})
