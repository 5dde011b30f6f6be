import { describe, expect, it } from 'vitest'
import { folderWith } from '../../testing/files.ts'
import { MEMORY_PACKAGE } from '../../testing/memory-package.ts'
import { CANARY, run } from '../../testing/run.ts'
import { readFile } from 'node:fs/promises'
import path from 'node:path'

const store = (name: string, spec: object): object => ({
  apiVersion: 'alibabacloud.com/v1alpha1',
  kind: 'SecretStore',
  metadata: { name },
  spec: { plugin: spec },
})
const resource = (name: string, storeName: string, key = 'app/db', suspend = false): object => ({
  apiVersion: 'alibabacloud.com/v1alpha1',
  kind: 'ExternalSecret',
  metadata: { name },
  spec: { provider: 'plugin', suspend, data: [{ key, name: 'value', secretStoreRef: { name: storeName } }] },
})

const broken = (name: string): Readonly<Record<string, string>> => ({
  [`node_modules/${name}/package.json`]: JSON.stringify({ name, type: 'module' }),
  [`node_modules/${name}/index.js`]: `throw new Error('${CANARY}')`,
})

const folder = (): Promise<string> =>
  folderWith({
    ...MEMORY_PACKAGE,
    ...broken('broken'),
    ...broken('unused'),
    'manifests/all.json': JSON.stringify({
      apiVersion: 'v1',
      kind: 'List',
      items: [
        store('good', { package: '@example/memory', config: { part: 'one' } }),
        store('wrong', { package: '@example/memory', config: { part: 1 } }),
        store('broken', { package: 'broken' }),
        store('unused', { package: 'unused' }),
        store('other', { package: 'not-asked-for' }),
        resource('good', 'good'),
        resource('throws', 'good', 'app/broken'),
        resource('wrong', 'wrong'),
        resource('broken', 'broken'),
        resource('other', 'other'),
        resource('suspended', 'unused', 'app/db', true),
      ],
    }),
  })

describe('acksm sync with backend packages', () => {
  it('reads through loaded packages, and reports the others', async () => {
    const cwd = await folder()
    const names = ['@example/memory', 'broken', 'unused', 'missing']
    const packages = [...names.flatMap((name) => ['--backend-package', name]), '--plugin-dir', cwd]
    const argv = ['sync', '-f', 'manifests', '--out', 'out', '-o', 'json', ...packages]
    const { code, out, err } = await run(argv, { cwd, env: { PREFIX: 'p-' } })
    expect(code).toBe(1)
    expect(await readFile(path.join(cwd, 'out/default/good/value'), 'utf8')).toBe(`p-${CANARY}-one-app/db`)
    // No resource reports these.
    expect(err.trimEnd().split('\n')).toEqual([
      'acksm: warning: backend package "unused": its code threw Error at index.js:1 while loading',
      expect.stringMatching(/^acksm: warning: backend package "missing": not found in /),
    ])
    const { resources } = JSON.parse(out) as {
      resources: readonly { readonly name: string; readonly ready: boolean; readonly message: string }[]
    }
    expect(Object.fromEntries(resources.map(({ name, message }) => [name, message]))).toMatchObject({
      good: expect.stringContaining('up to date'),
      throws: expect.stringContaining('unexpected TypeError'),
      wrong: expect.stringContaining('SecretStore default/wrong: spec.plugin: config.part: expected a text'),
      broken: expect.stringContaining('spec.plugin: package: backend package "broken": its code threw Error'),
      other: expect.stringContaining('not-asked-for is not loaded; load it with --backend-package not-asked-for'),
    })
  })
})
