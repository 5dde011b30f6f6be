import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const SCRIPT = fileURLToPath(new URL('verify-tag.sh', import.meta.url))
const SIGNERS = '.github/allowed_signers'

describe('a release tag', () => {
  let directory: string
  let env: NodeJS.ProcessEnv
  const git = async (...args: string[]): Promise<string> =>
    (await promisify(execFile)('git', args, { cwd: path.join(directory, 'checkout'), env })).stdout.trim()
  const commit = async (file: string, text: string): Promise<string> => {
    await writeFile(path.join(directory, 'checkout', file), text)
    await git('add', '--all')
    await git('commit', '--quiet', '--message', `Change ${file}`)
    await git('update-ref', 'refs/remotes/origin/main', 'HEAD')
    return git('rev-parse', 'HEAD')
  }
  /** Makes a tag again, with the key of a person. */
  const sign = (tag: string, key: string, at = 'HEAD'): Promise<string> =>
    git('-c', `user.signingkey=${path.join(directory, key)}`, 'tag', '--force', '-s', '-m', tag, tag, at)
  /** The version, or the reason. */
  const verify = async (tag: string, at?: string): Promise<string> => {
    const args = [tag, at ?? (await git('rev-parse', 'HEAD'))]
    try {
      const options = { cwd: path.join(directory, 'checkout'), env }
      return (await promisify(execFile)(SCRIPT, args, options)).stdout.trim()
    } catch (error) {
      return /^::error::(.*)$/m.exec((error as { readonly stderr: string }).stderr)?.[1] ?? String(error)
    }
  }
  const listed = async (...keys: string[]): Promise<string> => {
    const lines = await Promise.all(
      keys.map(
        async (key) =>
          `${key}@example.com namespaces="git" ${await readFile(path.join(directory, `${key}.pub`), 'utf8')}`,
      ),
    )
    return `# Maintainers\n${lines.join('')}`
  }

  beforeAll(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'acksm-tag-'))
    await mkdir(path.join(directory, 'checkout/.github'), { recursive: true })
    // Nothing of this machine's git configuration.
    env = { PATH: process.env['PATH'], HOME: directory, GIT_CONFIG_NOSYSTEM: '1' }
    for (const name of ['maintainer', 'former', 'stranger'])
      await promisify(execFile)('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', path.join(directory, name)])
    await git('init', '--quiet', '--initial-branch=main')
    for (const setting of ['user.name=test', 'user.email=test@example.com', 'gpg.format=ssh'])
      await git('config', ...(setting.split('=') as [string, string]))
    await commit('package.json', '{\n  "name": "ack-secret-manager",\n  "version": "1.2.3",\n  "private": true\n}\n')
    await commit(SIGNERS, await listed('maintainer'))
  })
  afterAll(() => rm(directory, { recursive: true, force: true }))

  it('of a listed key releases its version', async () => {
    await sign('v1.2.3', 'maintainer')
    expect(await verify('v1.2.3')).toBe('1.2.3')
  })

  it.each([
    ['of another key', () => sign('v1.2.3', 'stranger'), `v1.2.3 is not signed by a key of ${SIGNERS} on main`],
    [
      'without a signature',
      () => git('tag', '--force', '-a', '-m', 'v1.2.3', 'v1.2.3'),
      'v1.2.3 has no SSH signature; set gpg.format to ssh and make it with git tag -s',
    ],
    [
      'that is lightweight',
      () => git('tag', '--force', 'v1.2.3'),
      'v1.2.3 is not an annotated tag; make it with git tag -s',
    ],
    [
      'of another version',
      () => sign('v1.2.4', 'maintainer'),
      'v1.2.4 does not name the version of package.json, which is 1.2.3',
    ],
    [
      'that is a pre-release',
      () => sign('v1.2.3-rc.1', 'maintainer'),
      'v1.2.3-rc.1 is a pre-release, which this workflow cannot publish',
    ],
  ])('%s is refused', async (_what, make, reason) => {
    await make()
    expect(await verify(reason.split(' ')[0] ?? '')).toBe(reason)
  })

  it('that was moved is refused', async () => {
    await sign('v1.2.3', 'maintainer', 'HEAD~1')
    const head = await git('rev-parse', 'HEAD')
    expect(await verify('v1.2.3')).toBe(`v1.2.3 does not name the commit ${head}: it was moved`)
  })

  it('whose signed text was changed is refused', async () => {
    await sign('v1.2.3', 'maintainer')
    const signed = await git('cat-file', 'tag', 'v1.2.3')
    const file = path.join(directory, 'forged')
    await writeFile(file, `${signed.replace('tagger test', 'tagger other')}\n`)
    await git('update-ref', 'refs/tags/v1.2.3', await git('hash-object', '-t', 'tag', '-w', file))
    expect(await verify('v1.2.3')).toBe(`v1.2.3 is not signed by a key of ${SIGNERS} on main`)
  })

  it('of a commit that is not on main is refused', async () => {
    await git('switch', '--quiet', '--create', 'other')
    await git('commit', '--quiet', '--allow-empty', '--message', 'Other')
    await sign('v1.2.3', 'maintainer')
    expect(await verify('v1.2.3')).toBe('v1.2.3 is not on main')
    await git('switch', '--quiet', 'main')
  })

  it('of a key that was removed meanwhile is refused, also for an older commit', async () => {
    const old = await commit(SIGNERS, await listed('maintainer', 'former'))
    await sign('v1.2.3', 'former')
    expect(await verify('v1.2.3')).toBe('1.2.3')
    await commit(SIGNERS, await listed('maintainer'))
    expect(await verify('v1.2.3', old)).toBe(`v1.2.3 is not signed by a key of ${SIGNERS} on main`)
  })

  it('needs a list with a key', async () => {
    await commit(SIGNERS, '# Only a comment\n\n')
    await sign('v1.2.3', 'maintainer')
    const reason = `v1.2.3 cannot be verified: add the key of a maintainer to ${SIGNERS} on main, as its comment shows`
    expect(await verify('v1.2.3')).toBe(reason)
  })
})
