import { readdir, readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { expect, it } from 'vitest'
import { parse } from 'yaml'
import { folderWith } from '../testing/files.ts'
import { run } from '../testing/run.ts'

const STORE = `apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: { name: kms }
spec: { provider: { alibaba: { regionID: cn-hangzhou, auth: { secretRef: { accessKeyIDSecretRef: { name: k, key: id }, accessKeySecretSecretRef: { name: k, key: secret } } } } } }
`

it('two migrations into one directory: one fails, and removes nothing of the other', async () => {
  const names = Array.from({ length: 40 }, (_, index) => `in/${index % 2 === 0 ? '' : 'below/'}${index}.yaml`)
  const cwd = await folderWith(Object.fromEntries(names.map((name) => [name, STORE])))
  const argv = ['migrate', '-f', 'in', '-R', '--out', 'new', '-o', 'json']
  const both = await Promise.all([run(argv, { cwd }), run(argv, { cwd })])
  const [failed, ...more] = both.filter(({ code }) => code === 2)
  expect(failed?.err).toBe('acksm: --out new: is not empty; use a new directory; see acksm migrate --help\n')
  expect(more).toEqual([])
  const written = await readdir(path.join(cwd, 'new'), { recursive: true, withFileTypes: true })
  expect(written.filter((entry) => entry.isFile())).toHaveLength(names.length)
})

it.each<[what: string, secret: string, mode: number]>([
  ['a Secret', 'apiVersion: v1\nkind: Secret\nmetadata: { name: k }\nstringData: { id: x }\n', 0o600],
  ['a Secret as JSON', '{"apiVersion":"v1","kind":"Secret","metadata":{"name":"k"},"stringData":{"id":"x"}}\n', 0o600],
  ['only a store', 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: k }\n', 0o644],
])('a file with %s', async (_what, object, mode) => {
  const cwd = await folderWith({ 'in.yaml': `${STORE}---\n${object}` })
  expect(await run(['migrate', '-f', 'in.yaml', '--out', 'new'], { cwd })).toMatchObject({ code: 0 })
  expect((await stat(path.join(cwd, 'new/in.yaml'))).mode & 0o777).toBe(mode)
})

it('keeps the files of kustomize, also those that are no objects', async () => {
  const kept = {
    'in/kustomization.yaml': 'kind: Kustomization\nresources: [store.yaml]\n',
    'in/patch.yaml': '- op: remove\n  path: /spec/controller\n',
  }
  const cwd = await folderWith({ 'in/store.yaml': STORE, ...kept })
  expect(await run(['migrate', '-f', 'in', '--out', 'new'], { cwd })).toMatchObject({ code: 0 })
  expect(parse(await readFile(path.join(cwd, 'new/kustomization.yaml'), 'utf8'))).toEqual({
    kind: 'Kustomization',
    resources: ['store.yaml'],
  })
  expect(await readFile(path.join(cwd, 'new/patch.yaml'), 'utf8')).toBe(kept['in/patch.yaml'])
})

it('reads concatenated files that begin with a byte order mark', async () => {
  const { code, out } = await run(['migrate', '-f', '-'], {
    stdin: `\uFEFF${STORE}\uFEFF---\n${STORE}---\n\uFEFF${STORE}`,
  })
  expect([code, out.match(/^kind: SecretStore$/gm)]).toEqual([0, Array.from({ length: 3 }, () => 'kind: SecretStore')])
})

it('writes texts so that kubectl reads the same texts, also those that only its parser takes for numbers', async () => {
  const text = `apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: { name: web, annotations: { note: "a\\u2028b" } }
spec: { secretStoreRef: { name: kms }, data: [{ secretKey: a, remoteRef: { key: a, version: "0o17" } }] }
`
  const { out } = await run(['migrate', '-f', '-'], { stdin: text })
  expect(out).toContain('versionId: "0o17"\n')
  expect(out).toContain(String.raw`note: "a\u2028b"`)
})
