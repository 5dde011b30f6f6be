import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { onTestFinished } from 'vitest'

/** A package: its manifest, and its files by path. */
export interface TestPackage {
  readonly manifest?: object | string
  readonly files?: Readonly<Record<string, string>>
}

/** Source of a backend package without dependencies. `parts` replaces its properties by source text. */
export function pluginSource(parts: Readonly<Record<string, string>> = {}): string {
  const all = {
    contractVersion: '1',
    name: "'memory'",
    optionsSchema: `{ '~standard': { version: 1, vendor: 'test', validate: (value) =>
      typeof value.place === 'string' ? { value } : { issues: [{ message: 'expected a place', path: ['place'] }] } } }`,
    connect: `({ place }, { env }) => ({
      key: 'memory ' + place, kind: 'anything', quota: { account: place, region: 'here' },
      backend: {
        read: async ({ name }) => ({
          bytes: { expose: () => new TextEncoder().encode(name + ' of ' + place + ' ' + (env.GREETING ?? '')) },
          versionId: 'v1', versionStages: [], type: 'Generic', dataType: 'text',
        }),
        close: async () => undefined,
      },
    })`,
    ...parts,
  }
  return `export const backendPlugin = { ${Object.entries(all)
    .map(([key, value]) => `${key}: ${value}`)
    .join(', ')} }\n`
}

/** Creates a folder with these packages in its `node_modules` for the running test. */
export async function installed(packages: Readonly<Record<string, TestPackage>>): Promise<string> {
  const home = await mkdtemp(path.join(tmpdir(), 'plugin-loader-'))
  onTestFinished(() => rm(home, { recursive: true }))
  for (const [name, { manifest = {}, files = { 'index.js': pluginSource() } }] of Object.entries(packages)) {
    const folder = path.join(home, 'node_modules', name)
    const text = typeof manifest === 'string' ? manifest : JSON.stringify({ name, type: 'module', ...manifest })
    for (const [file, content] of Object.entries({ ...files, 'package.json': text })) {
      await mkdir(path.dirname(path.join(folder, file)), { recursive: true })
      await writeFile(path.join(folder, file), content)
    }
  }
  return home
}
