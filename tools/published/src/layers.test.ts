import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { directoryOfTest } from '@ack-secret-manager/test-support/directories'
import { beforeEach, describe, expect, it } from 'vitest'
import { ROOT, run, workspaces } from './workspaces.ts'

/** From bottom to top, like in docs/architecture.md. */
const ORDER = ['contract', 'unit', 'engine', 'composition', 'app']
/** Allowed dependencies within a layer. */
const ALLOWED = new Set([
  'k8s-writer → k8s-client',
  'resources → core',
  'alicloud-openapi → core',
  'command-line → core',
  'testkit → core',
])

let directory: string
beforeEach(async () => {
  directory = await directoryOfTest()
})

// Nx analyses the whole workspace first.
describe('layers', { timeout: 180_000 }, () => {
  it('have arrows that point only upward in the Nx graph', async () => {
    const file = path.join(directory, 'graph.json')
    await run('nx', ['graph', `--file=${file}`])
    const { graph } = JSON.parse(readFileSync(file, 'utf8')) as {
      graph: { dependencies: Record<string, { target: string }[]> }
    }
    const layers = new Map(workspaces().map(({ name, layer }) => [name, ORDER.indexOf(layer)]))
    const short = (name: string): string => name.replace('@ack-secret-manager/', '')
    const manifestOf = new Map(workspaces().map(({ name, directory: at }) => [name, path.join(at, 'package.json')]))
    const arrows = Object.entries(graph.dependencies).flatMap(([from, targets]) => {
      const manifest = manifestOf.get(from)
      if (manifest === undefined) return []
      // Only shipped dependencies are checked; tests may depend on any package. A program has none: it bundles its development dependencies.
      const { dependencies = {}, devDependencies = {} } = JSON.parse(readFileSync(manifest, 'utf8')) as {
        dependencies?: Record<string, string>
        devDependencies?: Record<string, string>
      }
      const shipped = layers.get(from) === ORDER.indexOf('app') ? devDependencies : dependencies
      return targets
        .filter(({ target }) => layers.has(target) && target in shipped)
        .map(({ target }) => [from, target] as const)
    })
    expect(arrows.length).toBeGreaterThan(20)
    const downward = arrows
      .filter(([from, to]) => (layers.get(to) ?? 0) >= (layers.get(from) ?? 0))
      .map(([from, to]) => `${short(from)} → ${short(to)}`)
      .filter((arrow) => !ALLOWED.has(arrow))
    expect(downward).toEqual([])
  })

  it('fail the lint when an import points down', async () => {
    for (const [name, layer] of [
      ['core', 'contract'],
      ['sync-engine', 'engine'],
    ] as const) {
      mkdirSync(path.join(directory, 'packages', name, 'src'), { recursive: true })
      writeFileSync(
        path.join(directory, 'packages', name, 'package.json'),
        JSON.stringify({ name, nx: { tags: [`layer:${layer}`] } }),
      )
      writeFileSync(path.join(directory, 'packages', name, 'src/index.ts'), 'export const here = 1\n')
    }
    cpSync(path.join(ROOT, '.dependency-cruiser.mjs'), path.join(directory, '.dependency-cruiser.mjs'))
    writeFileSync(path.join(directory, 'tsconfig.json'), '{}')
    const lint = (): Promise<string> => run('depcruise', ['packages', '--config', '.dependency-cruiser.mjs'], directory)
    await lint()
    writeFileSync(
      path.join(directory, 'packages/core/src/wrong.ts'),
      "export { here } from '../../sync-engine/src/index.ts'\n",
    )
    await expect(lint()).rejects.toThrow(/layer:contract: packages\/core\/src\/wrong\.ts/)
    await expect(lint()).rejects.toThrow(/other-packages-by-name: packages\/core\/src\/wrong\.ts/)
  })

  it('fail the lint when two folders import each other', async () => {
    const write = (file: string, text: string): void => {
      mkdirSync(path.join(directory, path.dirname(file)), { recursive: true })
      writeFileSync(path.join(directory, file), text)
    }
    write('packages/core/src/cache/entry.ts', 'export const entry = 1\n')
    write('packages/core/src/drift/check.ts', "export { entry } from '../cache/entry.ts'\n")
    write('packages/core/src/cache/entry.test.ts', "export * from '../drift/check.ts'\n")
    write('packages/core/src/drift/compare.ts', 'export const compare = 1\n')
    for (const file of ['.dependency-cruiser.mjs', '.dependency-cruiser.folders.mjs'])
      cpSync(path.join(ROOT, file), path.join(directory, file))
    write('tsconfig.json', '{}')
    const lint = (): Promise<string> =>
      run('depcruise', ['packages', '--config', '.dependency-cruiser.folders.mjs'], directory)
    await lint()
    write('packages/core/src/cache/cache.ts', "export { compare } from '../drift/compare.ts'\n")
    await expect(lint()).rejects.toThrow(/folders-one-way: packages\/core\/src\/cache/)
  })
})
