import { globSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { pack } from './pack.ts'
import { refOf, shippedPackages } from './shipped-packages.ts'
import { ROOT, run, workspaces } from './workspaces.ts'

const LIBRARIES = workspaces().filter(({ layer }) => layer !== 'app')
const PROGRAMS = workspaces().filter(({ layer }) => layer === 'app')
/** Prefers npm's cache. */
const QUIETLY = ['--no-audit', '--no-fund', '--loglevel=error', '--ignore-scripts', '--prefer-offline']
/** A bundled package: name, version and licence. */
const NOTICE = /^(\S+) (\d\S*) \(.*\)$/gm

// Each test starts npm on a busy machine.
describe('packed packages', { timeout: 300_000 }, () => {
  let directory: string
  const tarballs = new Map<string, string>()

  beforeAll(async () => {
    directory = mkdtempSync(path.join(tmpdir(), 'acksm-packed-'))
    for (const workspace of workspaces()) tarballs.set(workspace.name, await pack(workspace, directory))
  }, 900_000)
  afterAll(() => rmSync(directory, { recursive: true, force: true }), 180_000)

  it.each(LIBRARIES.map(({ name, directory: at }) => [name, at]))('%s passes publint and attw', async (name, at) => {
    await run('publint', ['run', at, '--strict'])
    await run('attw', [tarballs.get(name) ?? '', '--profile', 'esm-only'])
  })

  it.each(LIBRARIES.map(({ name }) => [name]))(
    '%s installs in an empty folder with exactly its dependencies',
    async (name) => {
      const folder = mkdtempSync(path.join(directory, 'only-'))
      const named = closureOf(name)
      const dependencies = Object.fromEntries(named.map((each) => [each, `file:${tarballs.get(each) ?? ''}`]))
      writeFileSync(path.join(folder, 'package.json'), JSON.stringify({ type: 'module', private: true, dependencies }))
      await run('npm', ['install', ...QUIETLY], folder)
      const script = `const all = await import('${name}'); console.log(Object.keys(all).length > 0)`
      expect(await run('node', ['--input-type=module', '-e', script], folder)).toBe('true\n')
    },
  )

  it('install in an empty folder with their dependencies, and import with types', async () => {
    const home = path.join(directory, 'home')
    mkdirSync(home)
    const dependencies = Object.fromEntries([...tarballs].map(([name, file]) => [name, `file:${file}`]))
    writeFileSync(path.join(home, 'package.json'), JSON.stringify({ type: 'module', private: true, dependencies }))
    await run('npm', ['install', ...QUIETLY], home)
    for (const { name } of LIBRARIES) {
      const script = `const all = await import('${name}'); if (Object.keys(all).length === 0) throw new Error('no exports')`
      await run('node', ['--input-type=module', '-e', script], home)
    }
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
    for (const program of ['acksm', 'ack-secret-manager', 'kms-simulator']) {
      expect(await run(path.join(home, 'node_modules/.bin', program), ['--help'], home)).toContain('--help')
    }
  }, 900_000)

  it.each(PROGRAMS.map(({ name }) => [name]))(
    '%s installs alone, and has all packages of its bundle in the bill of materials',
    async (name) => {
      const folder = mkdtempSync(path.join(directory, 'program-'))
      writeFileSync(path.join(folder, 'package.json'), '{"type":"module","private":true}')
      await run('npm', ['install', ...QUIETLY, tarballs.get(name) ?? ''], folder)
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

  it.each(PROGRAMS.map(({ name, directory: at }) => [name, at]))(
    '%s ships no sources and no tests',
    async (_name, at) => {
      const files = await run('npm', ['pack', '--dry-run', '--json'], at)
      expect(files).not.toMatch(/"path": "src\/|\.test\./)
    },
  )

  it('of one package works without the others', async () => {
    const alone = path.join(directory, 'alone')
    mkdirSync(alone)
    const core = tarballs.get('@ack-secret-manager/core') ?? ''
    writeFileSync(path.join(alone, 'package.json'), '{"type":"module","private":true}')
    await run('npm', ['install', ...QUIETLY, core], alone)
    expect(readdirSync(path.join(alone, 'node_modules/@ack-secret-manager'))).toEqual(['core'])
    const script =
      "const { Sensitive } = await import('@ack-secret-manager/core'); console.log(String(new Sensitive('x')))"
    expect(await run('node', ['--input-type=module', '-e', script], alone)).toBe('[sensitive]\n')
  })
})

/** A package and its direct and transitive dependencies in this workspace. */
function closureOf(name: string, seen: Set<string> = new Set()): readonly string[] {
  if (seen.has(name)) return []
  seen.add(name)
  const workspace = workspaces().find((each) => each.name === name)
  if (!workspace) return []
  const manifest = JSON.parse(readFileSync(path.join(workspace.directory, 'package.json'), 'utf8')) as {
    readonly dependencies?: Readonly<Record<string, string>>
  }
  return [name, ...Object.keys(manifest.dependencies ?? {}).flatMap((each) => closureOf(each, seen))]
}
