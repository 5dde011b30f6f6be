import { API_VERSION, crds } from '@ack-secret-manager/resources'
import { rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, it } from 'vitest'
import { stringify } from 'yaml'
import { Log } from '../output/log.ts'
import { folderWith } from '../testing/files.ts'
import { externalSecretYaml } from '../testing/manifests.ts'
import { Capture } from '../testing/run.ts'
import { ManifestReader } from './manifest-reader.ts'
import { manifestsOf } from './manifests.ts'

const { signal } = new AbortController()
const web = externalSecretYaml('web', { data: [{ key: 'app/db', name: 'db' }] })

async function readerOf(paths: readonly string[]): Promise<{ cwd: string; reader: ManifestReader }> {
  const cwd = await folderWith({ 'in/web.yaml': web })
  const log = new Log(new Capture(), 'info')
  return {
    cwd,
    reader: new ManifestReader({ paths, cwd, recursive: false, stdin: undefined, defaultNamespace: 'shop', log }),
  }
}

it('detects changed, new and removed files only', async () => {
  const { cwd, reader } = await readerOf(['in'])
  await reader.read(signal)
  expect(await reader.changed()).toBe(false)
  const more = path.join(cwd, 'in/more.yaml')
  await writeFile(more, externalSecretYaml('more', { data: [{ key: 'app/db', name: 'db' }] }))
  expect(await reader.changed()).toBe(true)
  expect([...(await reader.read(signal)).externalSecrets.keys()]).toEqual(['shop/more', 'shop/web'])
  expect(await reader.changed()).toBe(false)
  await writeFile(more, 'kind: [')
  expect(await reader.changed()).toBe(true)
  await expect(reader.read(signal)).rejects.toThrow('not valid YAML')
  expect(await reader.changed()).toBe(false)
  await rm(more)
  expect(await reader.changed()).toBe(true)
})

it('reports a missing file once', async () => {
  const { cwd, reader } = await readerOf(['in/web.yaml'])
  await reader.read(signal)
  await rm(path.join(cwd, 'in/web.yaml'))
  expect(await reader.changed()).toBe(true)
  await expect(reader.read(signal)).rejects.toThrow('no such file')
  expect(await reader.changed()).toBe(false)
  await writeFile(path.join(cwd, 'in/web.yaml'), web)
  expect(await reader.changed()).toBe(true)
})

it('ignores PushSecrets, with one note', async () => {
  const push = stringify({ apiVersion: API_VERSION, kind: 'PushSecret', metadata: { name: 'web' }, spec: {} })
  const cwd = await folderWith({ 'in/web.yaml': [web, push, push].join('---\n') })
  const stderr = new Capture()
  const log = new Log(stderr, 'info')
  const reader = new ManifestReader({
    paths: ['in'],
    cwd,
    recursive: false,
    stdin: undefined,
    defaultNamespace: 'shop',
    log,
  })
  for (let reads = 0; reads < 2; reads += 1) {
    expect([...(await reader.read(signal)).externalSecrets.keys()]).toEqual(['shop/web'])
  }
  expect(stderr.text).toBe('acksm: ignored, because only the operator pushes: PushSecret ×2\n')
})

it('knows each kind that has a CRD, and names all in the error of another kind', () => {
  const kinds = crds().map(({ spec }) => spec.names.kind)
  const problems: string[] = []
  const objects = [...kinds, 'PushSecrets'].map((kind) => ({
    apiVersion: API_VERSION,
    kind,
    value: {},
    location: kind,
  }))
  manifestsOf(objects, { defaultNamespace: 'shop' }, problems)
  const unknown = problems.filter((problem) => problem.includes('has no kind'))
  expect(unknown).toEqual([expect.stringMatching(new RegExp(`^PushSecrets: .*${kinds.join('.*')}$`))])
})

it('reads a file once that is named twice', async () => {
  const { reader } = await readerOf(['in/web.yaml', 'in'])
  expect((await reader.read(signal)).externalSecrets.size).toBe(1)
})

it('ends with the reason of a signal that aborted before the first file is read', async () => {
  const { reader } = await readerOf(['in'])
  // Vitest fails the run if a stream emits an error without a listener.
  await expect(reader.read(AbortSignal.abort(new Error('interrupted')))).rejects.toThrow('interrupted')
  await new Promise(setImmediate)
})

it('reads directories below the named one with -R, and otherwise says that it does not', async () => {
  const cwd = await folderWith({
    'in/web.yaml': web,
    'in/team/web.yaml': externalSecretYaml('team', { data: [{ key: 'app/db', name: 'db' }] }),
    'in/.git/web.yaml': 'kind: [',
  })
  const stderr = new Capture()
  const options = { paths: ['in'], cwd, stdin: undefined, defaultNamespace: 'shop', log: new Log(stderr, 'info') }
  const flat = await new ManifestReader({ ...options, recursive: false }).read(signal)
  expect([...flat.externalSecrets.keys()]).toEqual(['shop/web'])
  expect(stderr.text).toBe('acksm: in: directories below it are not read; to read them, add -R\n')
  const reader = new ManifestReader({ ...options, recursive: true })
  expect([...(await reader.read(signal)).externalSecrets.keys()]).toEqual(['shop/web', 'shop/team'])
  expect(stderr.text).toBe('acksm: in: directories below it are not read; to read them, add -R\n')
  await rm(path.join(cwd, 'in/team/web.yaml'))
  expect(await reader.changed()).toBe(true)
})
