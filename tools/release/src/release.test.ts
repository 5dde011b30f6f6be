import { execFile } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { cp, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const run = promisify(execFile)
const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const NOT_COPIED = new Set(['node_modules', 'dist', 'out', '.git', '.nx'])
const MINUTE_MS = 60_000
/** Other modules with their versions, and tables like those in this test. */
const OTHERS = /go\.(mod|sum)$|\.test\.ts$|verdaccio\/package-lock\.json$/

describe('a release', { timeout: 5 * MINUTE_MS }, () => {
  let checkout: string
  const text = (file: string): string => readFileSync(path.join(checkout, file), 'utf8')
  const files = (): string[] =>
    globSync('**', { cwd: checkout, withFileTypes: true, exclude: (entry) => NOT_COPIED.has(entry.name) })
      .filter((entry) => entry.isFile())
      .map((entry) => path.relative(checkout, path.join(entry.parentPath, entry.name)))
  const contents = (): Record<string, string> => Object.fromEntries(files().map((file) => [file, text(file)]))
  const release = async (...args: string[]): Promise<string> => {
    const env = { ...process.env, NX_WORKSPACE_ROOT_PATH: checkout, NO_COLOR: '1' }
    const { stdout } = await run('npm', ['run', 'release', '--', ...args], { cwd: checkout, env, maxBuffer: 2 ** 24 })
    return stdout
  }

  beforeAll(async () => {
    checkout = await mkdtemp(path.join(tmpdir(), 'acksm-release-'))
    await cp(ROOT, checkout, { recursive: true, filter: (file) => !NOT_COPIED.has(path.basename(file)) })
    await symlink(path.join(ROOT, 'node_modules'), path.join(checkout, 'node_modules'))
  }, 5 * MINUTE_MS)
  afterAll(() => rm(checkout, { recursive: true, force: true }), MINUTE_MS)

  it('with --dry-run shows each change and writes nothing', async () => {
    const before = contents()
    const shown = await release('7.8.9', '--dry-run')
    expect(shown).toContain('+ ARG VERSION=7.8.9')
    expect(shown).toContain('+ appVersion: 7.8.9')
    expect(contents()).toEqual(before)
  })

  it('leaves no file with the former version, and a valid lockfile', async () => {
    const { version } = JSON.parse(text('packages/core/package.json')) as { version: string }
    await release('7.8.9')
    const behind = files().filter((file) => !OTHERS.test(file) && /\.(json|ya?ml|md|template)$|file$/.test(file))
    // Other projects also have a version 0.1.0, and the changelog is history.
    const ours = new RegExp(
      `(?:ack-secret-manager|ersion)[^\\n]{0,40}[ :"^=]${version.replaceAll('.', String.raw`\.`)}(?![\\d.])`,
    )
    const named = behind.filter(
      (file) => file !== 'package-lock.json' && file !== 'CHANGELOG.md' && ours.test(text(file)),
    )
    expect(named).toEqual([])
    expect(text('CHANGELOG.md')).toMatch(/## Unreleased\n\n## 7\.8\.9 - \d{4}-\d\d-\d\d\n/)
    // npm rejects a lockfile that does not match the manifests.
    await run('npm', ['ci', '--dry-run', '--offline', '--ignore-scripts', '--loglevel=error'], { cwd: checkout })
  })

  it('requires an entry in the changelog', async () => {
    await expect(release('7.9.0', '--dry-run')).rejects.toThrow('nothing under "## Unreleased"')
  })
})
