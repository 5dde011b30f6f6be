import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, describe, expect, it, onTestFinished } from 'vitest'
import { parse, stringify } from 'yaml'
import { folderWith, treeOf } from '../testing/files.ts'
import { useKms } from '../testing/kms.ts'
import { entry, externalSecretYaml, storeYaml } from '../testing/manifests.ts'
import { CANARY, run, start } from '../testing/run.ts'

const kms = useKms()
afterEach(() => kms.control('DELETE', '/faults'))

const picks = ['user', 'password'].map((key) => ({ path: key, objectAlias: key }))
const data = [{ ...entry('app/db', 'db'), jmesPath: picks }]
const webYaml = (template: object): string => externalSecretYaml('web', { data, target: { template } })
const objectYaml = (kind: string, name: string, content: object): string =>
  stringify({ apiVersion: 'v1', kind, metadata: { name }, ...content })
const from = (kind: 'configMap' | 'secret', name: string, key: string, more: object = {}, entry_: object = {}) => ({
  [kind]: { name, items: [{ key, ...entry_ }] },
  ...more,
})
const texts = async (cwd: string): Promise<Record<string, string>> =>
  Object.fromEntries(Object.entries(await treeOf(path.join(cwd, 'out'))).map(([name, bytes]) => [name, String(bytes)]))
const sync = (cwd: string, ...more: string[]) =>
  run(['sync', '-f', 'in', '--out', 'out', ...kms.flags, ...more], { cwd })

/** Every way to provide a template. */
const TEMPLATE = {
  data: { url: 'db://{{ .user }}:{{ .password }}@db', 'hash.txt': '{{ htpasswd .user .password }}' },
  templateFrom: [
    from('configMap', 'files', 'app.conf'),
    from('configMap', 'pairs', 'env', {}, { templateAs: 'KeysAndValues' }),
    from('secret', 'hidden', 'shape'),
    { literal: '{{ .user | upper }}' },
  ],
  metadata: { labels: { team: '{{ .user }}' }, annotations: { 'example.com/note': 'of {{ .user }}' } },
}
const OBJECTS = [
  objectYaml('ConfigMap', 'files', { data: { 'app.conf': 'user = "{{ .user }}"\n' } }),
  objectYaml('ConfigMap', 'pairs', { data: { env: 'DB_USER={{ .user }}\n' } }),
  objectYaml('Secret', 'hidden', { stringData: { shape: '<{{ .user }}>' } }),
  objectYaml('ConfigMap', 'unreadable', { data: { a: 1 } }),
].join('---\n')

describe('sync --out with templates', () => {
  it('writes rendered templates, with the same bytes every time', async () => {
    const cwd = await folderWith({
      'in/store.yaml': storeYaml(),
      'in/web.yaml': webYaml(TEMPLATE),
      'in/all.yaml': OBJECTS,
    })
    const { code, err } = await sync(cwd)
    expect([code, err]).toEqual([0, 'acksm: ignored, because no resource references them: ConfigMap\n'])
    const first = await texts(cwd)
    expect(first).toEqual({
      'default/web/url': `db://tom:${CANARY}-one@db`,
      'default/web/hash.txt': expect.stringMatching(/^tom:\$2a\$10\$.{53}\n$/),
      'default/web/app.conf': 'user = "tom"\n',
      'default/web/DB_USER': 'tom',
      'default/web/shape': '<tom>',
      'default/web/literal': 'TOM',
    })
    expect((await sync(cwd)).code).toBe(0)
    expect(await texts(cwd)).toEqual(first)
  })

  it.each([
    [
      'a missing ConfigMap',
      from('configMap', 'gone', 'a'),
      'spec.target.template: ConfigMap default/gone: not in the manifests',
    ],
    [
      'a missing key',
      from('configMap', 'files', 'a'),
      'spec.target.template.templateFrom[0].configMap.items[0].key: ConfigMap default/files has no key a',
    ],
    [
      'a template that fails',
      { literal: '{{ .user }}\n{{ .absent }}' },
      'spec.target.template.templateFrom[0].literal, line 2, column 4: .absent has no value',
    ],
  ])('reports %s, and writes nothing', async (_what, source, message) => {
    const manifests = { 'in/store.yaml': storeYaml(), 'in/all.yaml': OBJECTS }
    const cwd = await folderWith({ ...manifests, 'in/web.yaml': webYaml({ templateFrom: [source] }) })
    const { code, out } = await sync(cwd, '-o', 'json')
    expect(code).toBe(1)
    const { resources } = JSON.parse(out) as { resources: object[] }
    expect(resources).toMatchObject([{ reason: 'TemplateError', message: expect.stringContaining(message) }])
    expect(await texts(cwd)).toEqual({})
  })

  it('names invalid data of a referenced ConfigMap', async () => {
    const cwd = await folderWith({
      'in/store.yaml': storeYaml(),
      'in/web.yaml': webYaml({ templateFrom: [from('configMap', 'unreadable', 'a')] }),
      'in/all.yaml': OBJECTS,
    })
    const { code, err } = await sync(cwd)
    expect([code, err]).toEqual([
      2,
      expect.stringContaining('ConfigMap default/unreadable: data["a"]: expected a text; put it in quotes'),
    ])
  })

  it('--watch renders again after a ConfigMap changes in its file', async () => {
    const cwd = await folderWith({
      'in/store.yaml': storeYaml(),
      'in/web.yaml': webYaml(TEMPLATE),
      'in/all.yaml': OBJECTS,
    })
    const argv = ['sync', '-f', 'in', '--out', 'out', '--watch', '--polling-interval', '1h', ...kms.flags]
    const running = start(argv, { cwd })
    onTestFinished(async () => {
      running.stop('SIGTERM')
      await running.done
    })
    await running.out.until(/web/)
    await writeFile(path.join(cwd, 'in/all.yaml'), OBJECTS.replace('user = ', 'name = '))
    await running.out.until(/default\/web written/)
    expect(await texts(cwd)).toMatchObject({ 'default/web/app.conf': 'name = "tom"\n' })
  })
})

describe('render with templates', () => {
  const folder = (template: object) =>
    folderWith({ 'in/store.yaml': storeYaml(), 'in/web.yaml': webYaml(template), 'in/all.yaml': OBJECTS })

  it('masks labels and annotations like keys, and shows the sources of rendered keys', async () => {
    const cwd = await folder({
      data: { url: 'db://{{ .user }}' },
      metadata: TEMPLATE.metadata,
      type: 'example.com/web',
    })
    const { code, out } = await run(['render', '-f', 'in', ...kms.flags], { cwd })
    expect([code, out]).toEqual([
      0,
      `apiVersion: v1
kind: Secret
metadata:
  name: web
  namespace: default
  labels:
    team: "********"
  annotations:
    example.com/note: "********"
type: example.com/web
data:
  url: "********" # template of app/db v1
`,
    ])
  })

  it('shows them with --show-values', async () => {
    const cwd = await folder(TEMPLATE)
    const { out } = await run(['render', '-f', 'in', '--show-values', ...kms.flags], { cwd, mayShow: true })
    expect(parse(out)).toMatchObject({
      metadata: { labels: { team: 'tom' }, annotations: { 'example.com/note': 'of tom' } },
      stringData: { literal: 'TOM', DB_USER: 'tom' },
    })
  })
})
