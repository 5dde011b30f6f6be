import { mkdir, readFile, symlink } from 'node:fs/promises'
import path from 'node:path'
import { loadBackendPackages } from '@ack-secret-manager/plugin-loader'
import { directoryOfTests } from '@ack-secret-manager/test-support/directories'
import { beforeAll, describe, expect, it } from 'vitest'
import { ROOT, run } from './workspaces.ts'

const PACKAGE = '@example/backend-vault'

describe('a project of npm create @ack-secret-manager/backend', () => {
  const directory = directoryOfTests()
  let project: string

  beforeAll(async () => {
    project = path.join(directory, 'backend-vault')
    // The packed program is the same, see packed.published.test.ts.
    const script = `import { createBackend } from '${path.join(ROOT, 'packages/create-backend/dist/index.js')}'
      await createBackend({ name: 'vault', packageName: '${PACKAGE}' })`
    await run('node', ['--input-type=module', '-e', script], directory)
    // In place of npm install, with the built packages of the workspace.
    await symlink(path.join(ROOT, 'node_modules'), path.join(project, 'node_modules'))
  })

  it('passes its type check, build and tests', async () => {
    const said = await run('npm', ['test'], project)
    expect(said).toMatch(/Test Files .*3 passed/)
    expect(said).not.toMatch(/failed|skipped/)
  })

  it('is a backend package that programs load from a plugin folder', async () => {
    const packed = await run('npm', ['pack', '--json', '--dry-run', '--ignore-scripts'], project)
    const [{ files }] = JSON.parse(packed) as [{ files: { path: string }[] }]
    const paths = files.map((file) => file.path)
    expect(paths).toEqual(expect.arrayContaining(['LICENSE', 'README.md', 'dist/index.d.ts', 'dist/index.js']))
    expect(paths.filter((file) => /^src\/|test/.test(file))).toEqual([])
    expect(JSON.parse(await readFile(path.join(project, 'package.json'), 'utf8'))).toHaveProperty('name', PACKAGE)

    await mkdir(path.join(directory, 'plugins/node_modules/@example'), { recursive: true })
    await symlink(project, path.join(directory, 'plugins/node_modules', PACKAGE))
    const { failures, drivers } = await loadBackendPackages({
      packages: [PACKAGE],
      pluginDirs: [path.join(directory, 'plugins')],
      appDir: directory,
    })
    expect(failures).toEqual([])
    expect(drivers).toHaveLength(1)
  })
})
