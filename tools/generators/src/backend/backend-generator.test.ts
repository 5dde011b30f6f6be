import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { avoidedWords } from '@ack-secret-manager/prose'
import { describe, expect, it, onTestFinished } from 'vitest'
import { backendGenerator, type Tree } from './backend-generator.ts'

const ROOT = fileURLToPath(new URL('../../../..', import.meta.url))

/** A workspace in memory. */
function memoryTree(root: string = '/nowhere'): Tree & { readonly files: Map<string, string> } {
  const manifest = JSON.stringify({ version: '0.9.0', dependencies: { zod: '4.0.0' } })
  const files = new Map(['core', 'testkit', 'resources'].map((name) => [`packages/${name}/package.json`, manifest]))
  return {
    files,
    root,
    exists: (file) => files.has(file),
    read: (file) => files.get(file) ?? null,
    write: (file, content) => void files.set(file, content),
  }
}

describe('the backend generator', () => {
  it.each([
    ['vault', 'vault', 'vaultConnection', 'VAULT_TOKEN'],
    ['demo-backend', 'demo', 'demoConnection', 'DEMO_TOKEN'],
    ['hashi-vault2', 'hashi-vault2', 'hashiVault2Connection', 'HASHI_VAULT2_TOKEN'],
  ])('derives names: %s', async (name, base, factory, variable) => {
    const tree = memoryTree()
    await backendGenerator(tree, { name })
    const directory = `packages/backend-${name}`
    expect(tree.read(`${directory}/src/index.ts`, 'utf8')).toContain(`export { ${factory}, `)
    expect(tree.read(`${directory}/src/backend-plugin.ts`, 'utf8')).toContain(`required('${variable}')`)
    expect(tree.exists(`${directory}/src/${base}.contract.test.ts`)).toBe(true)
    expect(JSON.parse(tree.read(`${directory}/package.json`, 'utf8') ?? '')).toMatchObject({
      name: `@ack-secret-manager/backend-${name}`,
      peerDependencies: { '@ack-secret-manager/core': '^0.9.0' },
      dependencies: { zod: '4.0.0' },
      nx: { tags: ['layer:unit'] },
    })
    for (const [file, content] of tree.files) {
      expect(`${file}\n${content}`).not.toMatch(/__[A-Za-z]+__/)
      if (!file.endsWith('LICENSE')) expect(avoidedWords(`${file}\n${content}`)).toEqual([])
    }
  })

  it.each(['', 'Vault', '../x', 'a_b', '-a', 'a-', '1a', 'a--b', 'a'.repeat(51)])(
    'rejects the name %j',
    async (name) => {
      const tree = memoryTree()
      await expect(backendGenerator(tree, { name })).rejects.toThrow(/^name: expected lower-case words/)
      expect(tree.files.size).toBe(3)
    },
  )

  it('overwrites nothing', async () => {
    const tree = memoryTree()
    await backendGenerator(tree, { name: 'vault' })
    await expect(backendGenerator(tree, { name: 'vault' })).rejects.toThrow('packages/backend-vault already exists')
  })
})

describe('the formatter of the generator', () => {
  it.each([
    ['fails', '#!/bin/sh\necho "a setting is wrong" >&2\nexit 1\n', 'a setting is wrong'],
    ['is not installed', undefined, 'ENOENT'],
  ])('%s: the error has the reason and the next step', async (_what, program, reason) => {
    const root = await mkdtemp(path.join(tmpdir(), 'acksm-generator-'))
    onTestFinished(() => rm(root, { recursive: true }))
    const bin = path.join(root, 'node_modules/.bin')
    await mkdir(bin, { recursive: true })
    if (program !== undefined) await writeFile(path.join(bin, 'oxfmt'), program, { mode: 0o755 })
    const finish = await backendGenerator(memoryTree(root), { name: 'vault' })
    expect(finish).toThrow(
      new RegExp(
        `^packages/backend-vault is created, but not formatted: [^\n]*${reason}[^\n]*\nRun npx oxfmt packages/backend-vault`,
      ),
    )
  })
})

describe('a generated package', () => {
  it('formats, lints, type-checks, tests and builds at once, through Nx', async () => {
    const workspace = await mkdtemp(path.join(tmpdir(), 'acksm-generated-'))
    const env = {
      ...process.env,
      NX_DAEMON: 'false',
      NX_WORKSPACE_DATA_DIRECTORY: path.join(workspace, '.nx'),
      CI: '1',
    }
    const run = async (program: string, ...args: string[]): Promise<string> => {
      const bin = path.join(ROOT, 'node_modules/.bin', program)
      const done = await promisify(execFile)(bin, args, { cwd: workspace, env }).catch((error: unknown) => {
        const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string }
        throw new Error(`${program} ${args.join(' ')}:\n${stdout}${stderr}`, { cause: error })
      })
      return done.stdout
    }
    try {
      for (const file of [
        'package.json',
        'nx.json',
        'tsconfig.base.json',
        'tsconfig.json',
        'vitest.config.ts',
        '.oxlintrc.json',
        '.oxfmtrc.json',
        '.gitignore',
      ]) {
        await cp(path.join(ROOT, file), path.join(workspace, file))
      }
      for (const name of ['core', 'testkit', 'resources']) {
        await mkdir(path.join(workspace, 'packages', name), { recursive: true })
        await cp(
          path.join(ROOT, 'packages', name, 'package.json'),
          path.join(workspace, 'packages', name, 'package.json'),
        )
      }
      await symlink(path.join(ROOT, 'node_modules'), path.join(workspace, 'node_modules'))

      await run('nx', 'g', '@ack-secret-manager/generators:backend', 'demo-backend', '--skipInstall')
      const directory = 'packages/backend-demo-backend'
      await run('oxfmt', '--check', directory)
      await run('oxlint', directory)
      // Declarations cannot name types of the linked node_modules.
      await run('tsc', '--noEmit', '--declaration', 'false', '-p', 'tsconfig.json')
      expect(await run('nx', 'test', '@ack-secret-manager/backend-demo-backend')).toMatch(/\d\d passed, 0 failed/)
      await run('nx', 'run', '@ack-secret-manager/backend-demo-backend:build', '--excludeTaskDependencies')
      expect(await readFile(path.join(workspace, directory, 'dist/index.d.ts'), 'utf8')).toContain('backendPlugin')
    } finally {
      await rm(workspace, { recursive: true, force: true })
    }
  }, 600_000)
})
