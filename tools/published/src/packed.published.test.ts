import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { directoryOfTests } from '@ack-secret-manager/test-support/directories'
import { beforeAll, describe, expect, it } from 'vitest'
import { importAlone } from './import-alone.ts'
import { type Packed, packAll } from './pack.ts'
import { publintProblems, typesProblems } from './package-checks.ts'
import { refOf, shippedPackages } from './shipped-packages.ts'
import { ROOT, run, workspaces } from './workspaces.ts'

const LIBRARIES = workspaces().filter(({ layer }) => layer !== 'app')
const PROGRAMS = workspaces().filter(({ layer }) => layer === 'app')
/** Prefers npm's cache. */
const QUIETLY = ['--no-audit', '--no-fund', '--loglevel=error', '--ignore-scripts', '--prefer-offline']
/** A bundled package: name, version and licence. */
const NOTICE = /^(\S+) (\d\S*) \(.*\)$/gm

const SOURCE_CONDITION = '@ack-secret-manager/source'

/** Entry points in the package.json of a program. */
interface Entries {
  readonly bin: Readonly<Record<string, string>>
  readonly exports: { readonly '.': Readonly<Record<string, string>> }
}

// Each test starts npm on a busy machine.
describe('packed packages', { timeout: 300_000 }, () => {
  const directory = directoryOfTests()
  let packed: ReadonlyMap<string, Packed>
  /** Folder with all packages. */
  let home: string
  let imported: Readonly<Record<string, unknown>>

  beforeAll(async () => {
    packed = await packAll(workspaces(), directory)
    home = path.join(directory, 'home')
    mkdirSync(home)
    const dependencies = Object.fromEntries([...packed].map(([name, { tarball }]) => [name, `file:${tarball}`]))
    writeFileSync(path.join(home, 'package.json'), JSON.stringify({ type: 'module', private: true, dependencies }))
    await run('npm', ['install', ...QUIETLY], home)
    imported = await importAlone({
      names: LIBRARIES.map(({ name }) => name),
      home,
      to: path.join(directory, 'imports'),
    })
  }, 900_000)

  const tarballOf = (name: string): string => packed.get(name)?.tarball ?? ''

  it.each(LIBRARIES.map(({ name }) => [name]))('%s passes publint and attw', async (name) => {
    const tarball = new Uint8Array(readFileSync(tarballOf(name)))
    expect(await publintProblems(tarball)).toEqual([])
    expect(await typesProblems(tarball)).toEqual([])
  })

  it.each(LIBRARIES.map(({ name }) => [name]))('%s imports in a folder with exactly its dependencies', (name) => {
    expect(imported[name]).toEqual(expect.any(Number))
    expect(imported[name]).toBeGreaterThan(0)
  })

  it('install in an empty folder with their dependencies, and import with types', async () => {
    const names = JSON.stringify(LIBRARIES.map(({ name }) => name))
    const script = `for (const name of ${names})
      if (Object.keys(await import(name)).length === 0) throw new Error(name + ' has no exports')
    process.exit()`
    await run('node', ['--input-type=module', '-e', script], home)
    const uses = LIBRARIES.map(
      ({ name }, index) => `import * as p${index} from '${name}'\nexport const k${index} = Object.keys(p${index})`,
    )
    writeFileSync(path.join(home, 'uses.ts'), uses.join('\n'))
    const options = [
      '--noEmit',
      '--strict',
      '--skipLibCheck',
      '--module',
      'nodenext',
      '--target',
      'es2023',
      '--types',
      'node',
    ]
    await run('tsc', [...options, '--typeRoots', path.join(ROOT, 'node_modules/@types'), 'uses.ts'], home)
    for (const program of ['acksm', 'ack-secret-manager', 'kms-simulator', 'create-backend']) {
      expect(await run(path.join(home, 'node_modules/.bin', program), ['--help'], home)).toContain('--help')
    }
  }, 900_000)

  it('have no errors in their declarations, also as bundlers resolve modules', async () => {
    const uses = LIBRARIES.map(({ name }, index) => `export * as p${index} from '${name}'`)
    writeFileSync(path.join(home, 'bundled.ts'), uses.join('\n'))
    const types = ['--types', 'node', '--typeRoots', path.join(ROOT, 'node_modules/@types')]
    for (const [module, resolution] of [
      ['esnext', 'bundler'],
      ['nodenext', 'nodenext'],
    ] as const) {
      const options = ['--noEmit', '--strict', '--exactOptionalPropertyTypes', '--target', 'es2022', ...types]
      const modules = ['--module', module, '--moduleResolution', resolution]
      // Fails, because the declarations of the SDK have errors.
      const said = await run('tsc', [...options, ...modules, 'bundled.ts'], home).catch(String)
      expect(said.split('\n').filter((line) => line.startsWith('node_modules/@ack-secret-manager/'))).toEqual([])
    }
  }, 900_000)

  it('export the types of all their functions, which declarations of other packages must name', async () => {
    const script = `const found = []
      for (const name of ${JSON.stringify(LIBRARIES.map(({ name }) => name))})
        for (const [key, value] of Object.entries(await import(name)))
          if (typeof value === 'function') found.push([name, key, Object.getOwnPropertyNames(value.prototype ?? {})])
      console.log(JSON.stringify(found))
      process.exit()`
    const found = JSON.parse(await run('node', ['--input-type=module', '-e', script], home)) as [
      string,
      string,
      string[],
    ][]
    const uses = found.flatMap(([name, key, methods], index) => [
      `import { ${key} as f${index} } from '${name}'`,
      `export const g${index} = f${index}`,
      ...methods.map((method) => `export const ${method}${index} = (x: typeof f${index}.prototype) => x.${method}`),
    ])
    writeFileSync(path.join(home, 'named.ts'), uses.join('\n'))
    const options = ['--strict', '--skipLibCheck', '--target', 'es2022', '--module', 'nodenext', '--types', 'node']
    const emit = ['--declaration', '--emitDeclarationOnly', '--outDir', path.join(directory, 'declarations')]
    const types = ['--typeRoots', path.join(ROOT, 'node_modules/@types')]
    const said = await run('tsc', [...options, ...emit, ...types, 'named.ts'], home).catch(String)
    expect(found.length).toBeGreaterThan(100)
    expect(said.split('\n').filter((line) => line.includes('cannot be named'))).toEqual([])
  }, 900_000)

  it('name the optional package that reads a kubeconfig, which npm has not installed', async () => {
    expect(existsSync(path.join(home, 'node_modules/@kubernetes'))).toBe(false)
    const script = `import { KubeClient } from '@ack-secret-manager/k8s-client'
      await KubeClient.fromKubeConfig({ kubeconfigPath: 'config' }).catch(({ message }) => console.log(message))`
    expect(await run('node', ['--input-type=module', '-e', script], home)).toBe(
      'kubeconfig config: needs a package: npm install @kubernetes/client-node\n',
    )
  })

  it.each(PROGRAMS.map(({ name }) => [name]))(
    '%s installs alone, and has all packages of its bundle in the bill of materials',
    async (name) => {
      const folder = mkdtempSync(path.join(directory, 'program-'))
      writeFileSync(path.join(folder, 'package.json'), '{"type":"module","private":true}')
      await run('npm', ['install', ...QUIETLY, tarballOf(name)], folder)
      const modules = path.join(folder, 'node_modules')
      expect(readdirSync(modules).filter((each) => !each.startsWith('.'))).toEqual(['@ack-secret-manager'])
      expect(readdirSync(path.join(modules, '@ack-secret-manager'))).toEqual([name.replace('@ack-secret-manager/', '')])
      for (const program of readdirSync(path.join(modules, '.bin'))) {
        expect(await run(path.join(modules, '.bin', program), ['--help'], folder)).toContain('--help')
      }
      for (const types of globSync('dist/**/*.d.ts', { cwd: path.join(modules, name) })) {
        expect(readFileSync(path.join(modules, name, types), 'utf8')).not.toMatch(/from '@ack-secret-manager/)
      }
      const notices = readFileSync(path.join(modules, name, 'dist/THIRD-PARTY-NOTICES.txt'), 'utf8')
      const bundled = [...notices.matchAll(NOTICE)].map(([, each, version]) => `${each}@${version}`)
      expect(bundled.length).toBeGreaterThan(10)
      const shipped = shippedPackages().map(refOf)
      expect(bundled.filter((each) => !shipped.includes(each))).toEqual([])
    },
  )

  it.each(PROGRAMS.map(({ name }) => [name]))('%s ships the files of its entry points', (name) => {
    const manifest = JSON.parse(readFileSync(path.join(home, 'node_modules', name, 'package.json'), 'utf8')) as Entries
    // Only a checkout has the condition of the sources.
    const published = Object.entries(manifest.exports['.']).filter(([condition]) => condition !== SOURCE_CONDITION)
    const files = [...Object.values(manifest.bin), ...published.map(([, file]) => file)]
    expect(files.filter((file) => !packed.get(name)?.files.includes(path.normalize(file)))).toEqual([])
  })

  it.each(PROGRAMS.map(({ name }) => [name]))('%s ships no sources and no tests', (name) => {
    const files = packed.get(name)?.files ?? []
    expect(files).toEqual(expect.arrayContaining(['LICENSE', 'README.md', 'package.json']))
    expect(files.filter((file) => file.startsWith('src/') || file.includes('.test.'))).toEqual([])
  })

  it('of one package works without the others', async () => {
    const alone = path.join(directory, 'alone')
    mkdirSync(alone)
    const core = tarballOf('@ack-secret-manager/core')
    writeFileSync(path.join(alone, 'package.json'), '{"type":"module","private":true}')
    await run('npm', ['install', ...QUIETLY, core], alone)
    expect(readdirSync(path.join(alone, 'node_modules/@ack-secret-manager'))).toEqual(['core'])
    const script =
      "const { Sensitive } = await import('@ack-secret-manager/core'); console.log(String(new Sensitive('x')))"
    expect(await run('node', ['--input-type=module', '-e', script], alone)).toBe('[sensitive]\n')
  })
})
