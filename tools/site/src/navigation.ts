import { pageOf } from './site-pages.ts'

export type Locale = 'en' | 'zh'

interface Group {
  readonly title: Readonly<Record<Locale, string>>
  /** Files from the root of the repository; `*` is one folder level. */
  readonly files: readonly string[]
  /** Files that exist in Chinese only. */
  readonly chinese?: readonly string[]
}

/** Titles in the sidebar; other pages have their first heading. */
const SHORT_TITLES: Readonly<Record<string, Readonly<Record<Locale, string>>>> = {
  'README.md': { en: 'What it is', zh: '简介' },
  'docs/README.md': { en: 'All pages', zh: '全部文档' },
}

/** Reading order of the site. Every page of `docs` is in exactly one group; a test compares them. */
export const GROUPS: readonly Group[] = [
  {
    title: { en: 'Start', zh: '开始' },
    files: ['README.md', 'docs/install.md', 'docs/README.md'],
    chinese: ['docs/zh/glossary.md'],
  },
  {
    title: { en: 'Access to KMS', zh: '访问 KMS' },
    files: ['access-key', 'worker-role', 'rrsa', 'rrsa-workload', 'assume-role', 'aap', 'instance-ram', 'oos'].map(
      guide,
    ),
  },
  {
    title: { en: 'Migrate', zh: '迁移' },
    files: ['migrate-from-ack-secret-manager', 'migrate-from-external-secrets'].map(guide),
  },
  {
    title: { en: 'Templates and types', zh: '模板与类型' },
    files: [
      ...['find', 'templates', 'generators', 'tokens', 'types-and-immutability', 'restart', 'many-namespaces'].map(
        guide,
      ),
      'docs/reference/template-functions.md',
      'docs/reference/values.md',
    ],
  },
  { title: { en: 'GitOps', zh: 'GitOps' }, files: [guide('gitops')] },
  {
    title: { en: 'Operate', zh: '运维' },
    files: [
      'docs/troubleshooting.md',
      'docs/reference/reasons.md',
      'docs/reference/messages.md',
      'docs/runbooks.md',
      'docs/reference/metrics.md',
      'docs/reference/logs.md',
      ...[
        'push-refresh',
        'push-a-secret',
        'shards',
        'batches',
        'deleted-secrets',
        'delete-an-external-secret',
        'encryption-at-rest',
      ].map(guide),
      'docs/security.md',
    ],
  },
  {
    title: { en: 'Reference', zh: '参考' },
    files: [
      ...[
        'externalsecret',
        'clusterexternalsecret',
        'secretstore',
        'clustersecretstore',
        'pushsecret',
        'cli',
        'rbac',
        'situations',
      ].map((name) => `docs/reference/${name}.md`),
      'apps/operator/chart/README.md',
      'CHANGELOG.md',
    ],
  },
  {
    title: { en: 'Packages', zh: '软件包' },
    files: [guide('client'), 'apps/*/README.md', 'packages/*/README.md', guide('write-a-backend')],
  },
  {
    title: { en: 'Contribute', zh: '参与贡献' },
    files: [
      'CONTRIBUTING.md',
      'docs/architecture.md',
      'docs/internals/README.md',
      'docs/internals/*.md',
      'docs/chaos.md',
      'docs/soak.md',
      'docs/benchmark/README.md',
      'docs/releasing.md',
    ],
  },
  { title: { en: 'Decisions', zh: '设计决策' }, files: ['docs/adr/*.md'] },
]

function guide(name: string): string {
  return `docs/guides/${name}.md`
}

/** The Chinese file of an English one. */
export function chineseOf(file: string): string {
  if (file === 'README.md') return 'README.zh-CN.md'
  return file.replace(/^docs\//, 'docs/zh/').replace(/^apps\/operator\/chart\/README/, 'docs/zh/reference/chart')
}

export interface SidebarGroup {
  readonly text: string
  readonly items: ReadonlyArray<{ readonly text: string; readonly link: string }>
}

/** How the repository is read. */
export interface Files {
  /** Files that match a pattern, sorted. */
  readonly find: (pattern: string) => readonly string[]
  /** First heading of a Markdown file. */
  readonly title: (file: string) => string
}

/** Files of a group in reading order, each once. */
export function filesOf({ files }: Group, find: Files['find']): readonly string[] {
  return [...new Set(files.flatMap((file) => (file.includes('*') ? find(file) : [file])))]
}

/** The sidebar of a locale. A page without a translation is listed in English. */
export function sidebar(locale: Locale, files: Files): readonly SidebarGroup[] {
  return GROUPS.map((group) => ({
    text: group.title[locale],
    items: [...filesOf(group, files.find), ...(locale === 'zh' ? (group.chinese ?? []) : [])].map((file) => {
      const translated = locale === 'zh' && files.find(chineseOf(file)).length > 0 ? chineseOf(file) : file
      return { text: SHORT_TITLES[file]?.[locale] ?? files.title(translated), link: `/${pageOf(translated)}` }
    }),
  }))
}
