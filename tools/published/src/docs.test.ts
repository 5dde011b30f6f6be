import { existsSync } from 'node:fs'
import path from 'node:path'
import {
  parseClusterExternalSecret,
  parseClusterSecretStore,
  parseExternalSecret,
  parsePushSecret,
  parseSecretStore,
} from '@ack-secret-manager/resources'
import { parseAllDocuments } from 'yaml'
import { describe, expect, it } from 'vitest'
import { found, headingsOf, leadsSomewhere, linksOf, textOf } from './markdown.ts'
import { ROOT, workspaces } from './workspaces.ts'

const PAGES = found('*.md', 'docs/**/*.md', 'examples/**/*.md', '{packages,apps,e2e,tools}/*/README.md')
/** Guides that do not belong to a section of the start page. */
const OTHER_GUIDES = [
  'batches',
  'client',
  'delete-an-external-secret',
  'deleted-secrets',
  'encryption-at-rest',
  'find',
  'gitops',
  'generators',
  'many-namespaces',
  'push-a-secret',
  'migrate-from-ack-secret-manager',
  'migrate-from-external-secrets',
  'push-refresh',
  'restart',
  'shards',
  'templates',
  'tokens',
  'types-and-immutability',
  'write-a-backend',
]
const GUIDES = found('docs/guides/*.md').filter((file) => !OTHER_GUIDES.includes(path.basename(file, '.md')))
const MANIFESTS = found('examples/**/*.yaml').filter((file) => !file.startsWith('examples/seeds/'))
/** Paths that a command of the page creates. */
const CREATED_BY_COMMANDS = ['apps/operator/dist', 'packages/backend-NAME', 'packages/backend-vault']

const HEADINGS = [
  'What it is and when',
  'Create in RAM and KMS',
  'The manifest',
  'Start the operator',
  'Check',
  'When it fails',
]

const PARSERS: Readonly<Record<string, (object: unknown) => { readonly ok: boolean; readonly problems?: unknown }>> = {
  ExternalSecret: (object) => parseExternalSecret(object),
  SecretStore: (object) => parseSecretStore(object),
  ClusterSecretStore: (object) => parseClusterSecretStore(object),
  ClusterExternalSecret: (object) => parseClusterExternalSecret(object),
  PushSecret: (object) => parsePushSecret(object),
}

describe('pages', () => {
  it.each(PAGES)('%s: links are valid', (page) => {
    const broken = linksOf(textOf(page)).filter((link) => !leadsSomewhere(page, link))
    expect(broken).toEqual([])
  })

  it.each(PAGES.filter((page) => !/^(packages|apps|CHANGELOG)\b/.test(page)))('%s: names files that exist', (page) => {
    const named = [...textOf(page).matchAll(/`((?:apps|deploy|docs|e2e|examples|packages|tools)\/[\w./-]+)`/g)]
    const missing = named.map(([, file = '']) => file).filter((file) => !existsSync(path.join(ROOT, file)))
    expect(missing.filter((file) => !CREATED_BY_COMMANDS.includes(file))).toEqual([])
  })

  it.each(PAGES.filter((page) => /^(e2e|tools)\b/.test(page)))('%s: lists files that exist', (page) => {
    const folder = path.dirname(page)
    const cells = [...textOf(page).matchAll(/^\| `([\w./-]+(?:\.[a-z]+|\/))` +\|/gm)].map(([, file = '']) =>
      file.replace(/[A-Z]{2,}/, '*'),
    )
    const missing = cells.filter((file) => found(`${folder}/{.,src,src/*}/${file}`).length === 0)
    expect(missing).toEqual([])
  })

  it.each(PAGES)('%s: has no conflict markers', (page) => {
    expect(textOf(page)).not.toMatch(/^(<{7}|>{7}|(> ){7})/m)
  })

  it('are found with their links', () => {
    expect(PAGES.length).toBeGreaterThan(40)
    expect(PAGES.flatMap((page) => linksOf(textOf(page))).length).toBeGreaterThan(80)
    expect(leadsSomewhere('README.md', 'docs/none.md')).toBe(false)
    expect(leadsSomewhere('README.md', 'docs/install.md#none')).toBe(false)
  })
})

describe('the map of packages', () => {
  it('has every package, in its layer', () => {
    let layer = ''
    const rows = [...textOf('docs/internals/packages.md').matchAll(/^\| (\w*) +\| (`[^|]*`) +\|/gm)].flatMap(
      ([, named = '', cell = '']) => {
        layer = named === '' ? layer : named
        return [...cell.matchAll(/`(?:apps\/)?([^`]+)`/g)].map(([, name = '']) => `${layer}: ${name}`)
      },
    )
    const packages = workspaces().map((each) => `${each.layer}: ${path.basename(each.directory)}`)
    expect(packages.filter((name) => !rows.includes(name))).toEqual([])
  })

  it.each(['e2e', 'tools'])('has every package of %s', (folder) => {
    const text = textOf('docs/internals/packages.md')
    const names = found(`${folder}/*/package.json`).map((file) => path.basename(path.dirname(file)))
    expect(names.length).toBeGreaterThan(5)
    expect(names.filter((name) => !new RegExp(`^- .*\`${name}\``, 'm').test(text))).toEqual([])
  })

  it('has a diagram with every package in its layer', () => {
    const [, picture = ''] = /^```mermaid\n(.*?)^```$/ms.exec(textOf('docs/architecture.md')) ?? []
    const layers = [...picture.matchAll(/^ *subgraph (\w+)\n(.*?)^ *end$/gms)]
    const drawn = layers.flatMap(([, layer = '', nodes = '']) =>
      nodes.split(/[^\w-]+/).map((name) => `${layer}: ${name}`),
    )
    const packages = workspaces().map((each) => `${each.layer}: ${path.basename(each.directory)}`)
    expect(packages.filter((name) => !drawn.includes(name))).toEqual([])
  })
})

describe('guides', () => {
  it('exist for every access path', () => {
    const named = (file: string): string => path.basename(file).replace(/\.\w+$/, '')
    const ways = MANIFESTS.filter((file) => file.startsWith('examples/access/')).map(named)
    expect(GUIDES.map(named)).toEqual(ways)
    const index = textOf('docs/README.md')
    expect(ways.filter((way) => !index.includes(`guides/${way}.md`))).toEqual([])
  })

  it.each(GUIDES)('%s: has the same headings as the others', (guide) => {
    expect(headingsOf(textOf(guide), 2)).toEqual(HEADINGS)
  })

  it.each(GUIDES)('%s: shows exactly the manifest in examples', (guide) => {
    const manifests = blocksOf(textOf(guide), 'yaml').filter((block) => /^apiVersion:/m.test(block))
    expect(manifests).toEqual([exampleOf(`examples/access/${path.basename(guide, '.md')}.yaml`)])
  })

  it.each(GUIDES)('%s: starts the operator with flags that it has', (guide) => {
    const flags = textOf('apps/operator/src/config/flags.ts')
    const [, section = ''] = /^## Start the operator$(.*?)^## /ms.exec(textOf(guide)) ?? []
    const given = [...section.matchAll(/(?<![\w-])--([a-z][a-z-]*)/g)]
    expect(given.length).toBeGreaterThan(0)
    expect(given.filter(([, flag = '']) => !new RegExp(`^  '?${flag}'?: \\{`, 'm').test(flags))).toEqual([])
  })

  it.each(GUIDES)('%s: its policies are JSON', (guide) => {
    const policies = blocksOf(textOf(guide), 'json')
    expect(policies.length).toBeGreaterThan(0)
    for (const policy of policies) expect(() => JSON.parse(policy)).not.toThrow()
  })

  it.each(GUIDES)('%s: quotes messages that exist', (guide) => {
    const messages = quotedMessages(guide)
    expect(messages.length).toBeGreaterThan(5)
    expect(messages.filter((message) => !isSaid(message))).toEqual([])
  })

  it('would detect a message that does not exist', () =>
    expect(isSaid('key … of Secret … is nowhere to be seen')).toBe(false))
})

describe('manifests in pages', () => {
  const TEMPLATES = found('examples/templates/*.yaml').filter((file) => !file.endsWith('/store.yaml'))
  const named = (folder: string, ...names: readonly string[]): string[] =>
    names.map((name) => `examples/${folder}/${name}.yaml`)

  it.each<[string, readonly string[], readonly string[]]>([
    ['the guide to templates', ['docs/guides/templates.md'], TEMPLATES],
    [
      'the guide to many namespaces',
      ['docs/guides/many-namespaces.md'],
      named('cluster-external-secret', 'ca-bundle', 'registry'),
    ],
    [
      'the guide to generators',
      ['docs/guides/generators.md'],
      named('generators', 'connection-string', 'password', 'rotated-password'),
    ],
    ['the guide to tokens', ['docs/guides/tokens.md'], named('tokens', 'store', 'image-pull-secret', 'role-session')],
    [
      'the guides to types and to restarts',
      ['docs/guides/types-and-immutability.md', 'docs/guides/restart.md'],
      named('types-and-restarts', 'immutable', 'limited-restart', 'registry', 'restart'),
    ],
  ])('are exactly those in examples: %s', (_what, pages, files) => {
    const blocks = pages.flatMap((page) => blocksOf(textOf(page), 'yaml'))
    expect(blocks.toSorted()).toEqual(files.map(exampleOf).toSorted())
  })
})

describe('the page on troubleshooting', () => {
  it.each<[string, readonly string[], RegExp]>([
    [
      'Templates',
      [
        'packages/{k8s-client,sync-engine,resources,go-template}/{src,go/engine}/**/*.{ts,go}',
        'apps/operator/src/**/*.ts',
      ],
      /…|TEMPLATE|\.name/,
    ],
    ['ClusterExternalSecret', ['{apps/operator,packages/resources}/src/**/*.ts'], /…/],
    // Composed of several texts: error, reason, remedy.
    ['Recreated Secrets', ['{packages/{sync-engine,k8s-writer,resources},apps/operator}/src/**/*.ts'], /…|, and |; /],
    ['Restarts', ['{packages/{sync-engine,k8s-writer,resources},apps/operator}/src/**/*.ts'], /…|, and |; /],
  ])('has a section with messages that exist: %s', (heading, speakers, joints) => {
    const said = found(...speakers)
      .map(textOf)
      .join('\n')
    const [, section = ''] = new RegExp(`^## ${heading}$(.*?)^## `, 'ms').exec(textOf('docs/troubleshooting.md')) ?? []
    const messages = codeInFirstColumn(section)
    expect(messages.length).toBeGreaterThan(heading === 'Templates' ? 8 : 4)
    const parts = messages
      .flatMap((message) => message.split(joints))
      .map((part) => part.replace(/^[\s:,]+|[\s:]+$/g, ''))
    expect(parts.filter((part) => !said.includes(part))).toEqual([])
  })
})

describe('the guides to migrations', () => {
  const guides = found('docs/guides/migrate-from-*.md')
  const OF_OTHERS = [
    'cascade',
    'for',
    'force-conflicts',
    'no-hooks',
    'replicas',
    'reset-then-reuse-values',
    'server-side',
    'set',
  ]

  it.each(guides)('%s: names flags that exist', (guide) => {
    const sources = found('apps/operator/src/config/flags.ts', 'apps/cli/src/**/*flags.ts').map(textOf).join('\n')
    const known = new Set([...sources.matchAll(/^  '?([a-z][a-z-]*)'?: \{/gm)].map(([, name = '']) => name))
    const named = [...textOf(guide).matchAll(/(?<![\w-])--([a-z][a-z-]*)/g)].map(([, name = '']) => name)
    expect(named.length).toBeGreaterThan(10)
    expect(named.filter((name) => !known.has(name) && !OF_OTHERS.includes(name))).toEqual([])
  })

  it.each(guides)('%s: quotes messages that exist', (guide) => {
    const messages = quotedMessages(guide)
    expect(messages.length).toBeGreaterThan(5)
    expect(messages.filter((message) => !isSaid(message))).toEqual([])
  })
})

it('the guide of PushSecrets shows exactly its examples', () => {
  const guide = textOf('docs/guides/push-a-secret.md')
  const at = (name: string): string => `examples/push-secret/${name}`
  const comment = /^# .*\n/gm
  const manifests = ['store.yaml', 'push-secret.yaml'].map((name) => textOf(at(name)).replaceAll(comment, ''))
  expect(blocksOf(guide, 'yaml')).toEqual([manifests.join('---\n')])
})

describe('examples', () => {
  it.each(MANIFESTS)('%s: is parsed without unknown fields', (file) => {
    const documents = parseAllDocuments(textOf(file))
    expect(documents.length).toBeGreaterThan(0)
    for (const document of documents) {
      expect(document.errors).toEqual([])
      const object = document.toJS() as { apiVersion?: string; kind?: string }
      expect(object).toMatchObject({ apiVersion: expect.any(String), kind: expect.any(String) })
      if (object.apiVersion?.startsWith('alibabacloud.com/') !== true) continue
      const parsed = PARSERS[object.kind ?? '']?.(object)
      expect(parsed?.ok === true ? [] : (parsed?.problems ?? `no such kind: ${object.kind}`)).toEqual([])
    }
  })
})

/** An example without its line for editors, whose path means nothing elsewhere. */
function exampleOf(file: string): string {
  return textOf(file).replace(/^# yaml-language-server: .*\n/, '')
}

/** Code in the first column of the last table: a message with `…` for variable parts. */
function quotedMessages(guide: string): string[] {
  return codeInFirstColumn(textOf(guide).split(/^## When it fails$/m)[1] ?? '')
}

function codeInFirstColumn(tables: string): string[] {
  const cells = [...tables.matchAll(/^\| ([^|]*) \|/gm)].map(([, cell = '']) => cell)
  return cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code))
}

/** Code blocks of a language. */
function blocksOf(text: string, language: string): string[] {
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))].map(([, block = '']) => block)
}

let spoken: string | undefined

/** Separators between the parts of a message: omissions, and the joints of composed messages. */
const COMPOSED = /…:?|(?<=\b(?:may not|owns)) /

/** Whether each part of a message is in the source of a package with user-facing messages. */
function isSaid(message: string): boolean {
  spoken ??= found(
    '{packages/{alicloud-openapi,auth-*,backend-*,core,k8s-writer,resources,stores,sync-engine},apps/*}/src/**/*.ts',
  )
    .filter((file) => !file.endsWith('.test.ts'))
    .map(textOf)
    .join('\n')
    .replace(/['`"] \+\s+['`"]/g, '')
    .replaceAll("\\'", "'")
  return message.split(COMPOSED).every((part) => spoken?.includes(part.trim()))
}
