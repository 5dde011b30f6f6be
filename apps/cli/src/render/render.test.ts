import { afterEach, expect, it } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { folderWith } from '../testing/files.ts'
import { BINARY, useKms } from '../testing/kms.ts'
import { entry, externalSecretYaml, storeYaml } from '../testing/manifests.ts'
import { CANARY, run } from '../testing/run.ts'

const kms = useKms()
afterEach(() => kms.control('DELETE', '/faults'))

const web = externalSecretYaml('web', {
  type: 'example.com/web',
  data: [entry('app/token', 'token'), entry('app/keystore', 'keystore')],
})
const odd = externalSecretYaml('odd', {
  dataProcess: [{ extract: { key: 'app/odd', secretStoreRef: { name: 'kms' } } }],
})

async function render(manifests: string[], ...more: string[]): ReturnType<typeof run> {
  const cwd = await folderWith({ 'all.yaml': [storeYaml(), ...manifests].join('---\n') })
  const mayShow = more.includes('--show-values')
  return run(['render', '-f', 'all.yaml', ...kms.flags, ...more], { cwd, mayShow })
}

it('masks values as invalid base64, and shows the source of each key', async () => {
  expect(await render([web])).toMatchObject({
    code: 0,
    err: '',
    out: `apiVersion: v1
kind: Secret
metadata:
  name: web
  namespace: default
type: example.com/web
data:
  keystore: "********" # app/keystore v7
  token: "********" # app/token v1
`,
  })
})

it('shows values with --show-values: text as text, bytes as base64, ambiguous YAML 1.1 in quotes', async () => {
  const { out, code } = await render([web, odd], '--show-values')
  expect(code).toBe(0)
  expect(out).toMatch(
    /a: "yes" # app\/odd v1\n {2}b: "2001-01-01" # app\/odd v1\n {2}c: "0777" # app\/odd v1\n {2}d: "~" # /,
  )
  const [first, second] = parseAllDocuments(out, { version: '1.1' }).map((document) => document.toJS() as object)
  expect(first).toMatchObject({
    metadata: { name: 'odd' },
    stringData: { a: 'yes', b: '2001-01-01', c: '0777', d: '~' },
  })
  expect(second).toMatchObject({
    data: { keystore: BINARY.toString('base64') },
    stringData: { token: `${CANARY}-token\nsecond line` },
  })
})

it('is one JSON document for a script', async () => {
  const { out } = await render([web, odd], '-o', 'json')
  expect(JSON.parse(out)).toMatchObject({
    kind: 'List',
    items: [{ metadata: { name: 'odd' } }, { metadata: { name: 'web' }, data: { token: '********' } }],
  })
})

it('prints the Secrets, and on stderr the failures', async () => {
  const denied = externalSecretYaml('denied', { data: [entry('other/denied', 'x')] })
  const { code, out, err } = await render([denied, web])
  expect([code, out.match(/^kind: Secret$/gm)?.length]).toEqual([1, 1])
  expect(err).toMatch(/^acksm: default\/denied: AccessDenied: KMS secret "other\/denied" [^\n]*\n$/)
})

it('shows a Secret that two resources share once', async () => {
  const target = { name: 'shared', creationPolicy: 'Merge' }
  const [a, b] = ['a', 'b'].map((name) => externalSecretYaml(name, { target, data: [entry('app/token', name)] }))
  const { out } = await render([a ?? '', b ?? ''])
  expect(out).toMatch(/name: shared[\s\S]*a: "\*+" # app\/token v1\n {2}b: "\*+" # app\/token v1\n$/)
})

it('reads no more secrets than the store allows a namespace', async () => {
  const store = storeYaml().replace('spec:\n', 'spec:\n  maxSecretsPerNamespace: 1\n')
  const [a, b] = ['app/token', 'app/keystore'].map((key, index) =>
    externalSecretYaml(`web-${index}`, { data: [entry(key, 'key')] }),
  )
  const cwd = await folderWith({ 'all.yaml': [store, b, a].join('---\n') })
  const { code, out, err } = await run(['render', '-f', 'all.yaml', ...kms.flags], { cwd })
  expect([code, out.match(/^ {2}name: .*$/gm)]).toEqual([1, ['  name: web-0']])
  expect(err).toMatch(
    /^acksm: default\/web-1: StoreNotAllowed: .*SecretStore default\/kms has maxSecretsPerNamespace 1, /,
  )
})

it('finds secrets once, without polling', async () => {
  const allow = [{ actions: ['kms:GetSecretValue', 'kms:ListSecrets'], resources: ['*'] }]
  await kms.control('PUT', '/accessKeys/LTAI5tCliTest', { allow })
  const find = { path: 'app', name: { regexp: 'token$' }, secretStoreRef: { name: 'kms' } }
  const { code, err, out } = await render([externalSecretYaml('found', { dataFrom: [{ find }] })])
  expect([code, err]).toEqual([0, ''])
  expect(out).toContain('app_token: "********" # app/token v1')
})
