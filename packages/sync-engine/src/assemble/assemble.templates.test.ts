import { SecretSyncError, Sensitive } from '@ack-secret-manager/core'
import { TinyRenderer } from '@ack-secret-manager/test-support/tiny-renderer'
import { describe, expect, it } from 'vitest'
import { assemble } from './assemble.ts'
import { compile } from '../plan/compile.ts'
import type { AssembledSecret } from '../model/desired-secret.ts'
import { objectId } from '../plan/template-plan.ts'
import type { SourceReading } from '../model/source-reading.ts'
import { connectionOf, digester, mapBackend, specOf, TARGET, valueOf } from '../testing/fixtures.ts'

const connection = connectionOf(mapBackend(new Map()))
const DATA = [
  { key: 'app/db', name: 'password' },
  { key: 'app/user', name: 'user' },
]

interface TemplateCase {
  readonly template: unknown
  readonly data?: unknown
  readonly dataProcess?: unknown
  readonly target?: string
  readonly values?: Readonly<Record<string, string | Uint8Array | SecretSyncError>>
  /** By kind and name; a key by its text. */
  readonly objects?: Readonly<Record<string, Readonly<Record<string, string | Uint8Array>>>>
  readonly renderer?: TinyRenderer | undefined
}

const CANARY = 'hunter2'

async function assembled(given: TemplateCase): Promise<AssembledSecret> {
  const { template, data = DATA, dataProcess = [], objects = {}, target = TARGET.name } = given
  const values = { 'app/db': CANARY, 'app/user': 'tom', ...given.values }
  const spec = specOf({ data, dataProcess, target: { template } })
  const plan = await compile(spec, 'default', () => ({ kind: 'ready', connection }), {
    intervalMs: 1,
    disablePolling: false,
  })
  const readings = new Map(plan.reads.map(({ key, ref }) => [key, readingOf(values[ref.name as 'app/db'])]))
  const contents = new Map(
    plan.templates?.objects.map((object) => {
      const found = objects[`${object.kind} ${object.name}`]
      const content =
        found && new Map(Object.entries(found).map(([key, text]) => [key, new Sensitive(Buffer.from(text))]))
      return [objectId(object), content] as const
    }),
  )
  const renderer = 'renderer' in given ? given.renderer : new TinyRenderer()
  const rendering = renderer && { renderer, contents, seed: 'seed', signal: new AbortController().signal }
  return assemble(plan, { readings, target: { ...TARGET, name: target }, digester, rendering })
}

function readingOf(value: string | Uint8Array | SecretSyncError | undefined): SourceReading {
  if (value === undefined) return readingOf(new SecretSyncError('NotFound', 'it does not exist'))
  if (value instanceof SecretSyncError) return { kind: 'error', error: value, ageMs: undefined, stale: false }
  return { kind: 'value', value: { ...valueOf(''), bytes: new Sensitive(new Uint8Array(Buffer.from(value))) } }
}

const texts = ({ data }: AssembledSecret): Record<string, string> =>
  Object.fromEntries([...data].map(([key, { bytes }]) => [key, Buffer.from(bytes?.expose() ?? []).toString()]))
const templatesIn = (kind: 'configMap' | 'secret', name: string, items: readonly object[], more: object = {}) => ({
  [kind]: { name, items },
  ...more,
})

describe('the keys of a templated Secret', () => {
  const read = { password: CANARY, user: 'tom' }
  const url = { url: 'db://{{ .user }}:{{ .password }}@db' }
  const rendered = { url: `db://tom:${CANARY}@db` }
  const objects = {
    'ConfigMap env': {
      'app.env': '# of {{ .user }}\nUSER = {{ .user }}\n\nPASSWORD={{ .password }}==\nnothing here\n',
      url: 'other://{{ .user }}',
    },
    'Secret env': { token: 't-{{ .user }}' },
  }
  const values = (name: string) => templatesIn('configMap', 'env', [{ key: name }])
  const pairs = templatesIn('configMap', 'env', [{ key: 'app.env', templateAs: 'KeysAndValues' }])

  it.each<[string, unknown, Record<string, string>]>([
    ['the read keys without a template', {}, read],
    ['the read keys if data is empty', { data: {} }, read],
    ['only the rendered keys by default', { data: url }, rendered],
    ['only the rendered keys with mergePolicy Replace', { data: url, mergePolicy: 'Replace' }, rendered],
    ['both with mergePolicy Merge', { data: url, mergePolicy: 'Merge' }, { ...read, ...rendered }],
    [
      'the rendered key of two equal ones with mergePolicy Merge',
      { data: { user: 'is {{ .user }}' }, mergePolicy: 'Merge' },
      { ...read, user: 'is tom' },
    ],
    [
      'the read keys if templates produce only labels',
      { metadata: { labels: { a: 'b' } }, templateFrom: [{ literal: 'x', target: 'Annotations' }] },
      read,
    ],
    ['a literal under the name literal', { templateFrom: [{ literal: '{{ .user }}!' }] }, { literal: 'tom!' }],
    ['the last literal of several', { templateFrom: [{ literal: 'one' }, { literal: 'two' }] }, { literal: 'two' }],
    ['those of a ConfigMap under its own key', { templateFrom: [values('url')] }, { url: 'other://tom' }],
    [
      'those of a Secret under its own key',
      { templateFrom: [templatesIn('secret', 'env', [{ key: 'token' }])] },
      { token: 't-tom' },
    ],
    [
      'lines of a ConfigMap, split at the first = and trimmed',
      { templateFrom: [pairs] },
      { USER: 'tom', PASSWORD: `${CANARY}==` },
    ],
    ['templateFrom after data', { data: url, templateFrom: [values('url')] }, { url: 'other://tom' }],
    [
      'the later of two entries of templateFrom',
      { templateFrom: [pairs, templatesIn('configMap', 'env', [{ key: 'url' }]), { literal: 'x' }] },
      { USER: 'tom', PASSWORD: `${CANARY}==`, url: 'other://tom', literal: 'x' },
    ],
    ['empty where a template is', { data: { empty: '' } }, { empty: '' }],
  ])('are %s', async (_rule, template, expected) => {
    expect(texts(await assembled({ template, objects }))).toEqual(expected)
  })

  it('have unchanged bytes if a template only copies them', async () => {
    const bytes = new Uint8Array([0, 255, 10, 13, 128])
    const result = await assembled({ template: { data: { a: '{{ .password }}' } }, values: { 'app/db': bytes } })
    expect(result.data.get('a')?.bytes?.expose()).toEqual(bytes)
  })

  it('can use values whose names are not valid keys of a Secret', async () => {
    const given = { data: [{ key: 'app/user' }], dataProcess: [{ extract: { key: 'app/doc' } }] }
    const doc = { 'app/doc': '{"a/b":"x","word":"yes"}' }
    expect(texts(await assembled({ ...given, template: { data: { a: '{{ .word }}' } }, values: doc }))).toEqual({
      a: 'yes',
    })
    const merge = { ...given, data: [], template: { data: { a: 'b' }, mergePolicy: 'Merge' }, values: doc }
    await expect(assembled(merge)).rejects.toMatchObject({ code: 'InvalidKey' })
  })

  it('record all secrets that they were rendered from, or their own secret', async () => {
    const result = await assembled({ template: { data: url, mergePolicy: 'Merge' } })
    expect([...result.data].map(([key, { secret, versionId }]) => [key, secret, versionId])).toEqual([
      ['password', 'app/db', 'v1'],
      ['user', 'app/user', 'v1'],
      ['url', 'template of app/db, app/user', 'v1, v1'],
    ])
    expect(result.data.get('url')?.digest).toBe(digester.digest(TARGET, 'url', Buffer.from(rendered.url)))
  })

  it('are not rendered if a source failed', async () => {
    const renderer = new TinyRenderer()
    const denied = { 'app/db': new SecretSyncError('AccessDenied', 'no') }
    const result = await assembled({ template: { data: url, mergePolicy: 'Merge' }, values: denied, renderer })
    expect([result.data.size, result.metadata.size, renderer.requests.length]).toEqual([0, 0, 0])
    expect(result.failures).toMatchObject([{ secret: 'app/db', error: { code: 'AccessDenied' } }])
  })

  it('are rendered in one request, only from the read values, with the seed of the resource', async () => {
    const renderer = new TinyRenderer()
    await assembled({ template: { data: { a: 'x' }, metadata: { labels: { b: 'y' } } }, renderer })
    expect(renderer.requests).toHaveLength(1)
    expect(renderer.requests[0]).toMatchObject({
      seed: 'seed',
      templates: [
        { name: 'spec.target.template.data[a]', text: 'x' },
        { name: 'spec.target.template.metadata.labels[b]', text: 'y' },
      ],
    })
    expect([...(renderer.requests[0]?.data.keys() ?? [])]).toEqual(['password', 'user'])
  })

  it('have the type of the template, which overrides that of the spec', async () => {
    const typeOf = async (target: object): Promise<string> => {
      const spec = specOf({ data: DATA, type: 'example.com/a', target })
      const defaults = { intervalMs: 1, disablePolling: false }
      return (await compile(spec, 'default', () => ({ kind: 'ready', connection }), defaults)).type
    }
    expect(await typeOf({})).toBe('example.com/a')
    expect(await typeOf({ template: { data: { a: 'b' } } })).toBe('example.com/a')
    expect(await typeOf({ template: { type: 'kubernetes.io/tls' } })).toBe('kubernetes.io/tls')
  })
})

it('marks names from the output of templates, but not names in the spec, even if both produce one', async () => {
  const lines = (key: string, target: string) =>
    templatesIn('configMap', 'env', [{ key, templateAs: 'KeysAndValues' }], { target })
  const templateFrom = [lines('pairs', 'Data'), lines('pairs', 'Labels'), { literal: 'x' }]
  const template = { data: { B: 'b', user: 'u' }, templateFrom, metadata: { labels: { B: 'b' } } }
  const objects = { 'ConfigMap env': { pairs: 'A={{ .user }}\nB=2\nliteral=3' } }
  const { namedBy } = await assembled({ template, objects })
  const from = 'ConfigMap default/env[pairs]'
  expect(Object.fromEntries(namedBy ?? [])).toEqual({ A: from, B: from, 'labels/A': from, 'labels/literal': from })
})

describe('the labels and annotations of a templated Secret', () => {
  const objects = { 'ConfigMap meta': { pairs: 'team=web\nexample.com/user={{ .user }}\n', app: '{{ .user }}' } }
  const pairs = [{ key: 'pairs', templateAs: 'KeysAndValues' }]

  it.each<[string, unknown, Record<string, string>]>([
    [
      'rendered like keys',
      { metadata: { labels: { app: '{{ .user }}' }, annotations: { a: 'x {{ .user }} y' } } },
      { 'labels/app': 'tom', 'annotations/a': 'x tom y' },
    ],
    [
      'lines of a ConfigMap',
      { templateFrom: [templatesIn('configMap', 'meta', pairs, { target: 'Labels' })] },
      { 'labels/team': 'web', 'labels/example.com/user': 'tom' },
    ],
    [
      'of a key of a ConfigMap',
      { templateFrom: [templatesIn('configMap', 'meta', [{ key: 'app' }], { target: 'Annotations' })] },
      { 'annotations/app': 'tom' },
    ],
    ['a literal', { templateFrom: [{ literal: '{{ .user }}', target: 'Labels' }] }, { 'labels/literal': 'tom' }],
    [
      'those of metadata if templateFrom produces the same',
      {
        metadata: { labels: { team: 'mine' } },
        templateFrom: [templatesIn('configMap', 'meta', pairs, { target: 'Labels' })],
      },
      { 'labels/team': 'mine', 'labels/example.com/user': 'tom' },
    ],
    [
      'empty where a template is',
      { metadata: { labels: { a: '' }, annotations: { b: '' } } },
      { 'labels/a': '', 'annotations/b': '' },
    ],
  ])('are %s', async (_rule, template, expected) => {
    const { metadata } = await assembled({ template, objects })
    expect(Object.fromEntries(metadata)).toEqual(expected)
  })

  it('do not exist without templates', async () => {
    expect((await assembled({ template: {} })).metadata.size).toBe(0)
  })
})

describe('invalid input', () => {
  const from = (kind: 'configMap' | 'secret', name: string, key = 'k', more: object = {}, item: object = {}) => ({
    templateFrom: [templatesIn(kind, name, [{ key, ...item }], more)],
  })
  const pairs = { templateAs: 'KeysAndValues' }
  const labels = { target: 'Labels' }
  const annotations = { target: 'Annotations' }
  const line = (text: string) => ({ 'ConfigMap m': { k: text } })
  const field = 'spec.target.template.templateFrom[0]'

  it.each<[string, string, Omit<TemplateCase, 'values'>, string?]>([
    [
      'a missing ConfigMap',
      `${field}.configMap.items[0].key: ConfigMap default/gone does not exist`,
      { template: from('configMap', 'gone') },
    ],
    [
      'a missing key of a ConfigMap',
      `${field}.configMap.items[0].key: ConfigMap default/m has no key k`,
      { template: from('configMap', 'm'), objects: { 'ConfigMap m': {} } },
    ],
    [
      'a missing Secret',
      `${field}.secret.items[0].key: Secret default/gone does not exist`,
      { template: from('secret', 'gone') },
    ],
    [
      'the target as its own template',
      `${field}.secret.items[0].key: Secret default/web is the target itself`,
      { template: from('secret', 'web'), objects: { 'Secret web': { k: 'x' } } },
    ],
    [
      'a template that is not text',
      `${field}.configMap.items[0].key: ConfigMap default/m has bytes in key k that are not UTF-8 text`,
      { template: from('configMap', 'm'), objects: { 'ConfigMap m': { k: new Uint8Array([255]) } } },
    ],
    [
      'a template that fails',
      'spec.target.template.data[a]: line 2: there is no key unknown',
      { template: { data: { a: '\n{{ .unknown }}' } } },
    ],
    [
      'a template of a ConfigMap that fails',
      'ConfigMap default/m[k]: line 1: unknown action  if x ',
      { template: from('configMap', 'm'), objects: line('{{ if x }}') },
    ],
    [
      'an invalid key',
      'ConfigMap default/m[k]: line 2 of its output: the text before "=" cannot be a key of a Secret',
      { template: from('configMap', 'm', 'k', {}, pairs), objects: line('\nexport {{ .password }}=x') },
      'InvalidKey',
    ],
    [
      'a key that consists of two dots',
      'spec.target.template.data[..]: cannot be a key of a Secret',
      { template: { data: { '..': 'x' } } },
      'InvalidKey',
    ],
    [
      'an invalid label name',
      'ConfigMap default/m[k]: line 1 of its output: expected the name of a label or annotation, such as example.com/team',
      { template: from('configMap', 'm', 'k', labels, pairs), objects: line('-{{ .password }}=x') },
    ],
    [
      'a label that is reserved for the operator',
      'ConfigMap default/m[k]: line 1 of its output: cannot be set: alibabacloud.com/ is reserved for the operator',
      { template: from('configMap', 'm', 'k', labels, pairs), objects: line('alibabacloud.com/managed-by=me') },
    ],
    [
      'an annotation that requests a token',
      'ConfigMap default/m[k]: line 1 of its output: cannot be set: Kubernetes would write a ServiceAccount token into the Secret',
      {
        template: from('configMap', 'm', 'k', annotations, pairs),
        objects: line('kubernetes.io/service-account.name=admin'),
      },
    ],
    [
      'an invalid label value',
      "spec.target.template.metadata.labels[a]: not a valid label value (at most 63 letters, digits, '-', '_' and '.', the first and the last a letter or digit)",
      { template: { metadata: { labels: { a: '{{ .password }}\n' } } } },
    ],
    [
      'too many labels',
      'spec.target.template: the templates produce 65 labels; the maximum is 64',
      {
        template: from('configMap', 'm', 'k', labels, pairs),
        objects: line(Array.from({ length: 65 }, (_, index) => `l${index}=x`).join('\n')),
      },
    ],
    [
      'annotations that are too large',
      'spec.target.template: the templates produce 32777 bytes of annotations; the maximum is 32768',
      {
        template: {
          metadata: {
            annotations: Object.fromEntries(
              ['a', 'b', 'c'].map((name) => [name, name === 'c' ? 'x'.repeat(6) : 'x'.repeat(16_384)]),
            ),
          },
        },
      },
    ],
    [
      'templates without output',
      'spec.target.template: no template produced a key',
      { template: from('configMap', 'm', 'k', {}, pairs), objects: line('# nothing') },
      'NoData',
    ],
    [
      'more than a Secret can hold',
      'the values of the Secret have 1100006 bytes; the maximum is 1048576',
      { template: { data: { a: '{{ .big }}', b: '{{ .big }}' } }, data: [{ key: 'big' }] },
      'TooLarge',
    ],
    [
      'templates without a renderer',
      'spec.target.template: templates are not supported here',
      { template: { data: { a: 'b' } }, renderer: undefined },
    ],
  ])('rejects %s', async (_what, message, given, code = 'TemplateError') => {
    const values = { big: 'x'.repeat(550_003) }
    const error: unknown = await assembled({ ...given, values }).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code, message })
    expect(JSON.stringify([error, (error as Error).message])).not.toContain(CANARY)
  })

  it('does not quote a template from a Secret', async () => {
    const objects = { 'Secret m': { k: `\n{{ ${CANARY} }}` } }
    await expect(assembled({ template: from('secret', 'm'), objects })).rejects.toMatchObject({
      code: 'TemplateError',
      message: 'Secret default/m[k]: line 2 does not render; its text is not shown because a Secret holds it',
    })
  })

  it('renders nothing without values, so that an emptied document does not write defaults', async () => {
    const given = { data: [], dataProcess: [{ extract: { key: 'doc' } }], template: { data: { a: 'static' } } }
    await expect(assembled({ ...given, values: { doc: '{}' } })).rejects.toMatchObject({ code: 'NoData' })
  })

  it('distinguishes a failure of the renderer from a failure of a template', async () => {
    const renderer = new TinyRenderer()
    renderer.failures.push(new SecretSyncError('Unavailable', 'no worker'), new SecretSyncError('Cancelled', 'over'))
    const given = { template: { data: { a: 'b' } }, renderer }
    await expect(assembled(given)).rejects.toMatchObject({ code: 'Internal', message: 'templates: no worker' })
    await expect(assembled(given)).rejects.toMatchObject({ code: 'Cancelled' })
  })
})
