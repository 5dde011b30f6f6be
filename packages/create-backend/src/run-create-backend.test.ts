import { execFile } from 'node:child_process'
import { mkdir, mkdtempDisposable, readdir, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { avoidedWords } from '@ack-secret-manager/prose'
import { describe, expect, it } from 'vitest'
import { backendFiles } from './backend-files.ts'
import { createBackend } from './create-backend.ts'
import { runCreateBackend } from './run-create-backend.ts'

const ROOT = new URL('../../..', import.meta.url)
const HOME = fileURLToPath(new URL('..', import.meta.url))

interface Versions {
  readonly version: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

const emptyFolder = () => mkdtempDisposable(path.join(tmpdir(), 'acksm-create-'))
const manifestAt = async (file: string | URL): Promise<Versions> => JSON.parse(await readFile(file, 'utf8')) as Versions

async function run(cwd: string, ...argv: string[]) {
  let stdout = ''
  let stderr = ''
  const code = await runCreateBackend(argv, {
    cwd,
    stdout: { write: (text) => (stdout += String(text)) },
    stderr: { write: (text) => (stderr += String(text)) },
  })
  return { code, stdout, stderr }
}

describe('create-backend', () => {
  it('creates a project, also in an empty folder', async () => {
    await using folder = await emptyFolder()
    await mkdir(path.join(folder.path, 'backend-hashi-vault'))
    expect(await run(folder.path, 'hashi-vault')).toEqual({
      code: 0,
      stderr: '',
      stdout:
        'Created backend-hashi-vault with the package backend-hashi-vault. Next:\n  cd backend-hashi-vault\n  npm install\n  npm test\nCONTRIBUTING.md lists the files to change.\n',
    })
    expect(await readdir(folder.path)).toEqual(['backend-hashi-vault'])
    const files = await readdir(path.join(folder.path, 'backend-hashi-vault'), { recursive: true })
    expect(files.toSorted()).toEqual(
      expect.arrayContaining(['.gitignore', 'LICENSE', 'README.md', 'package.json', 'src/hashi-vault-client.ts']),
    )
  })

  it('shows a store that the operator accepts without another flag', async () => {
    await using folder = await emptyFolder()
    await run(folder.path, 'vault')
    const readme = await readFile(path.join(folder.path, 'backend-vault/README.md'), 'utf8')
    expect(readme.match(/^ *kind: .*$/gm)).toEqual(['kind: ClusterSecretStore', 'kind: ExternalSecret'])
  })

  it('names the package, and needs the packages of its own release', async () => {
    await using folder = await emptyFolder()
    expect((await run(folder.path, 'vault', '--package', '@example/backend-vault')).stdout).toContain(
      'Created backend-vault with the package @example/backend-vault.',
    )
    const { version } = await manifestAt(path.join(HOME, 'package.json'))
    const created = path.join(folder.path, 'backend-vault')
    expect(await manifestAt(path.join(created, 'package.json'))).toMatchObject({
      name: '@example/backend-vault',
      peerDependencies: { '@ack-secret-manager/core': `^${version}` },
      devDependencies: { '@ack-secret-manager/core': `^${version}`, '@ack-secret-manager/testkit': `^${version}` },
    })
    for (const page of ['README.md', 'CONTRIBUTING.md'])
      expect(await readFile(path.join(created, page), 'utf8')).toContain('--backend-package @example/backend-vault')
  })

  it.each<[string, readonly string[], RegExp]>([
    ['no name', [], /^create-backend: missing required argument 'NAME'; see --help\n$/],
    ['two names', ['a', 'b'], /too many arguments/],
    ['capitals', ['Vault'], /^create-backend: name: expected lower-case words joined by "-", .*, got "Vault"; see/],
    ['a path', ['../vault'], /name: expected lower-case words/],
    ['the name of the contract', ['secret'], /name: expected that of a secret manager; SecretBackend is the contract/],
    ['and its suffix', ['secret-backend'], /name: expected that of a secret manager; SecretBackend is the contract/],
    ['a long name', ['a'.repeat(51)], /at most 50 characters/],
    ['an invalid package', ['vault', '--package', 'A b'], /package: expected a name like @example\/.*, got "A b"; see/],
    ['a long package', ['vault', '--package', 'a'.repeat(215)], /package: expected at most 214 characters/],
    ['an unknown flag', ['vault', '--force'], /unknown option '--force'/],
  ])('refuses %s', async (_what, argv, message) => {
    await using folder = await emptyFolder()
    const { code, stdout, stderr } = await run(folder.path, ...argv)
    expect(stderr).toMatch(message)
    expect(stderr.trim().split('\n')).toHaveLength(1)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(await readdir(folder.path)).toEqual([])
  })

  it.each([
    [{ name: undefined }, /^name: expected lower-case words .*, got undefined$/],
    [{ name: 5 }, /^name: expected lower-case words .*, got number$/],
    [{ name: 'vault', packageName: null }, /^package: expected a name like @example\/backend-vault, got object$/],
  ])('refuses the options %j of a program in JavaScript', async (options, message) => {
    await using folder = await emptyFolder()
    const given = { ...options, parent: folder.path } as never
    await expect(createBackend(given)).rejects.toMatchObject({ isUsage: true, message: expect.stringMatching(message) })
    expect(await readdir(folder.path)).toEqual([])
  })

  it('changes nothing if the folder has a file, or is one', async () => {
    await using folder = await emptyFolder()
    await mkdir(path.join(folder.path, 'backend-vault'))
    await writeFile(path.join(folder.path, 'backend-vault/.env'), 'mine')
    await writeFile(path.join(folder.path, 'backend-file'), 'mine')
    for (const name of ['vault', 'file']) {
      const place = path.join(folder.path, `backend-${name}`)
      expect(await run(folder.path, name)).toEqual({
        code: 1,
        stdout: '',
        stderr: `create-backend: ${place}: already exists; remove it, or choose another name\n`,
      })
    }
    expect((await readdir(folder.path, { recursive: true })).toSorted()).toEqual([
      'backend-file',
      'backend-vault',
      'backend-vault/.env',
    ])
  })

  it('leaves nothing behind if it cannot write', async () => {
    await using folder = await emptyFolder()
    const missing = path.join(folder.path, 'missing')
    expect((await run(missing, 'vault')).stderr).toBe(
      `create-backend: ${missing}/backend-vault: cannot be written (ENOENT)\n`,
    )
    // A folder fits into the limit of a path on Linux, and the deepest file does not.
    const filler = `/${'x'.repeat(200)}`.repeat(20)
    const deep = `${folder.path}${filler}`.slice(0, 4040).replace(/\/$/, 'x')
    await mkdir(deep, { recursive: true })
    const { code, stderr } = await run(deep, 'vault')
    expect(stderr).toMatch(/cannot be written \(ENAMETOOLONG\)\n$/)
    expect(code).toBe(1)
    expect(await readdir(deep)).toEqual([])
  })
})

describe('a created project', () => {
  const files = backendFiles({ mode: 'standalone', name: 'vault', packageName: '@example/vault', version: '1.2.3' })

  it('is filled and in plain words', () => {
    for (const [file, content] of files) {
      expect(`${file}\n${content}`).not.toMatch(/__[A-Za-z]+__/)
      if (file !== 'LICENSE') expect(avoidedWords(`${file}\n${content}`)).toEqual([])
      expect(content).not.toContain('@ack-secret-manager/source')
    }
  })

  it('has the tools that it was tested with', async () => {
    const { dependencies, devDependencies } = JSON.parse(files.get('package.json') ?? '') as Versions
    const root = await manifestAt(new URL('package.json', ROOT))
    const resources = await manifestAt(new URL('packages/resources/package.json', ROOT))
    expect(dependencies).toEqual({ zod: resources.dependencies?.['zod'] })
    const tools = ['@types/node', 'typescript', 'vitest']
    expect(devDependencies).toMatchObject(
      Object.fromEntries(tools.map((name) => [name, `^${root.devDependencies?.[name]}`])),
    )
  })
})

it('has a working example in its README', async () => {
  const code = /```ts\n([\s\S]*?)```/.exec(await readFile(path.join(HOME, 'README.md'), 'utf8'))?.[1] ?? ''
  const args = ['--conditions=@ack-secret-manager/source', '--input-type=module-typescript', '--eval', code]
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: HOME, timeout: 120_000, env: {} })
  expect(stdout).toBe('name: expected lower-case words joined by "-", at most 50 characters, got "Vault"\n')
})
