import { existsSync, globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import {
  parseClusterExternalSecret,
  parseClusterSecretStore,
  parseExternalSecret,
  parseSecretStore,
} from '@ack-secret-manager/resources'
import { parseAllDocuments } from 'yaml'
import { describe, expect, it } from 'vitest'
import { ROOT, workspaces } from './workspaces.ts'

const PAGES = found('*.md', 'docs/**/*.md', 'examples/**/*.md', '{packages,apps,e2e,tools}/*/README.md')
/** Guides that do not belong to a section of the start page. */
const OTHER_GUIDES = [
  'delete-an-external-secret',
  'deleted-secrets',
  'encryption-at-rest',
  'many-namespaces',
  'migrate-from-ack-secret-manager',
  'migrate-from-external-secrets',
  'restart',
  'templates',
  'types-and-immutability',
  'write-a-backend',
]
const GUIDES = found('docs/guides/*.md').filter((file) => !OTHER_GUIDES.includes(path.basename(file, '.md')))
const MANIFESTS = found('examples/**/*.yaml').filter((file) => !file.endsWith('seed.yaml'))
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
}

describe('pages', () => {
  it.each(PAGES)('%s: links are valid', (page) => {
    const broken = linksOf(page).filter((link) => !leadsSomewhere(page, link))
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
    expect(PAGES.flatMap(linksOf).length).toBeGreaterThan(80)
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
    const blocks = [...textOf(guide).matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, block = '']) => block)
    const manifests = blocks.filter((block) => /^apiVersion:/m.test(block))
    expect(manifests).toEqual([textOf(`examples/access/${path.basename(guide, '.md')}.yaml`)])
  })

  it.each(GUIDES)('%s: starts the operator with flags that it has', (guide) => {
    const flags = textOf('apps/operator/src/config/flags.ts')
    const [, section = ''] = /^## Start the operator$(.*?)^## /ms.exec(textOf(guide)) ?? []
    const given = [...section.matchAll(/(?<![\w-])--([a-z][a-z-]*)/g)]
    expect(given.length).toBeGreaterThan(0)
    expect(given.filter(([, flag = '']) => !new RegExp(`^  '?${flag}'?: \\{`, 'm').test(flags))).toEqual([])
  })

  it.each(GUIDES)('%s: its policies are JSON', (guide) => {
    const policies = [...textOf(guide).matchAll(/^```json\n(.*?)^```$/gms)].map(([, block = '']) => block)
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

describe('the guide to templates', () => {
  it('shows exactly the manifests in examples', () => {
    const blocks = [...textOf('docs/guides/templates.md').matchAll(/^```yaml\n(.*?)^```$/gms)]
    const files = found('examples/templates/*.yaml').filter((file) => !/\/(seed|store)\.yaml$/.test(file))
    expect(blocks.map(([, block = '']) => block).toSorted()).toEqual(files.map(textOf).toSorted())
  })

  it('has a section with messages that exist', () => {
    const speakers = 'packages/{sync-engine,resources,go-template}/{src,go/engine}/**/*.{ts,go}'
    const said = found(speakers, 'apps/operator/src/**/*.ts').map(textOf).join('\n')
    const [, section = ''] = /^## Templates$(.*?)^## /ms.exec(textOf('docs/troubleshooting.md')) ?? []
    const messages = [...section.matchAll(/^\| ([^|]*) \|/gm)].flatMap(([, cell = '']) =>
      [...cell.matchAll(/`([^`]+)`/g)].map(([, message = '']) => message),
    )
    expect(messages.length).toBeGreaterThan(8)
    const parts = messages
      .flatMap((message) => message.split(/…|TEMPLATE|\.name/))
      .map((part) =>
        part
          .trim()
          .replace(/^[:,]|:$/g, '')
          .trim(),
      )
    expect(parts.filter((part) => !said.includes(part))).toEqual([])
  })
})

describe('the page on installing', () => {
  it('shows exactly the roles in examples', () => {
    const blocks = [...textOf('docs/install.md').matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, block = '']) => block)
    expect(blocks).toEqual([textOf('examples/tenants/roles.yaml')])
  })
})

describe('the guide to many namespaces', () => {
  it('shows the complete manifests in examples', () => {
    const blocks = [...textOf('docs/guides/many-namespaces.md').matchAll(/^```yaml\n(.*?)^```$/gms)]
    const files = ['ca-bundle', 'registry'].map((name) => `examples/cluster-external-secret/${name}.yaml`)
    expect(blocks.map(([, block = '']) => block).toSorted()).toEqual(files.map(textOf).toSorted())
  })

  it('has a section with messages that exist', () => {
    const said = found('{apps/operator,packages/resources}/src/**/*.ts').map(textOf).join('\n')
    const [, section = ''] = /^## ClusterExternalSecret$(.*?)^## /ms.exec(textOf('docs/troubleshooting.md')) ?? []
    const messages = [...section.matchAll(/^\| `([^`]*)`/gm)].map(([, message = '']) => message)
    expect(messages.length).toBeGreaterThan(4)
    expect(messages.flatMap((message) => message.split('…')).filter((part) => !said.includes(part.trim()))).toEqual([])
  })
})

describe('the guides to types and to restarts', () => {
  it('show the complete manifests in examples', () => {
    const guides = ['types-and-immutability', 'restart'].map((name) => textOf(`docs/guides/${name}.md`)).join('\n')
    const blocks = [...guides.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, block = '']) => block)
    const files = ['immutable', 'registry', 'restart'].map((name) => `examples/types-and-restarts/${name}.yaml`)
    expect(blocks.toSorted()).toEqual(files.map(textOf).toSorted())
  })

  it.each(['Recreated Secrets', 'Restarts'])('have a section with messages that exist: %s', (heading) => {
    const said = found('{packages/{sync-engine,k8s-writer,resources},apps/operator}/src/**/*.ts').map(textOf).join('\n')
    const [, section = ''] = new RegExp(`^## ${heading}$(.*?)^## `, 'ms').exec(textOf('docs/troubleshooting.md')) ?? []
    const cells = [...section.matchAll(/^\| (`[^|]*) \|/gm)].map(([, cell = '']) => cell)
    const messages = cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, message = '']) => message))
    expect(messages.length).toBeGreaterThan(4)
    // Composed of several texts: error, reason, remedy.
    const parts = messages.flatMap((message) => message.split(/…|, and |; /))
    const texts = parts.map((part) =>
      part
        .trim()
        .replace(/^[:,]|:$/g, '')
        .trim(),
    )
    expect(texts.filter((text) => !said.includes(text))).toEqual([])
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

function found(...patterns: readonly string[]): string[] {
  const isOurs = (file: string): boolean => !file.includes('node_modules')
  return patterns.flatMap((pattern) => globSync(pattern, { cwd: ROOT }).filter(isOurs).toSorted())
}

function textOf(file: string): string {
  return readFileSync(path.join(ROOT, file), 'utf8')
}

function withoutCode(text: string): string {
  return text.replace(/^```.*?^```$/gms, '').replace(/`[^`\n]*`/g, '')
}

/** Link targets of a page, without URLs. */
function linksOf(page: string): string[] {
  const targets = [...withoutCode(textOf(page)).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target)
  return targets.filter((target) => !/^[a-z]+:/.test(target))
}

function leadsSomewhere(page: string, link: string): boolean {
  const [target = '', anchor] = link.split('#')
  const file = target === '' ? page : path.join(path.dirname(page), target)
  if (!existsSync(path.join(ROOT, file))) return false
  return anchor === undefined || headingsOf(textOf(file), undefined).map(slugOf).includes(anchor)
}

function headingsOf(text: string, level: number | undefined): string[] {
  const lines = [...text.replace(/^```.*?^```$/gms, '').matchAll(/^(#+) (.*)$/gm)]
  return lines
    .filter(([, marks = '']) => level === undefined || marks.length === level)
    .map(([, , title = '']) => title)
}

/** Anchor of a heading, like on GitHub. */
function slugOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-')
}

/** Code in the first column of the last table: a message with `…` for variable parts. */
function quotedMessages(guide: string): string[] {
  const [, table = ''] = textOf(guide).split(/^## When it fails$/m)
  const cells = [...table.matchAll(/^\| ([^|]*) \|/gm)].map(([, cell = '']) => cell)
  return cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, message = '']) => message))
}

let spoken: string | undefined

/** Separators between the parts of a message: omissions, and the joints of composed messages. */
const COMPOSED = /…:?|(?<=\b(?:may not|owns)) /

/** Whether each part of a message is in the source of a package with user-facing messages. */
function isSaid(message: string): boolean {
  spoken ??= found(
    '{packages/{alicloud-openapi,auth-*,backend-*,core,resources,stores,sync-engine},apps/*}/src/**/*.ts',
  )
    .filter((file) => !file.endsWith('.test.ts'))
    .map(textOf)
    .join('\n')
    .replace(/['`"] \+\s+['`"]/g, '')
    .replaceAll("\\'", "'")
  return message.split(COMPOSED).every((part) => spoken?.includes(part.trim()))
}
