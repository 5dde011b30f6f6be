import { mkdir, mkdtemp, realpath, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { signal } from '../../testing/store-fixture.ts'
import { TokenPaths } from './token-paths.ts'

let root: string
let allowed: string

beforeAll(async () => {
  root = await mkdtemp(join(await realpath(tmpdir()), 'token-paths-'))
  allowed = join(root, 'allowed')
  // Like in a kubelet volume, the file is a link into a directory that is replaced as a whole.
  await mkdir(join(allowed, '..2026_01'), { recursive: true })
  await writeFile(join(allowed, '..2026_01', 'token'), ' projected\n')
  await symlink('..2026_01', join(allowed, '..data'))
  await symlink('..data/token', join(allowed, 'token'))
  await writeFile(join(root, 'outside'), 'canary-outside')
  await symlink('../outside', join(allowed, 'escape'))
  await symlink(allowed, join(root, 'link-to-allowed'))
  await mkdir(join(root, 'allowed-not'))
  await writeFile(join(root, 'allowed-not', 'token'), 'canary-outside')
})

afterAll(() => rm(root, { recursive: true, force: true }))

const tokenOf = async (paths: TokenPaths, path: string): Promise<string> =>
  (await paths.source(path, 'here').token({ signal })).expose()

describe('TokenPaths', () => {
  it('rereads a projected token through its links each time, trimmed', async () => {
    const source = new TokenPaths([allowed]).source(join(allowed, 'token'), 'here')
    expect((await source.token({ signal })).expose()).toBe('projected')
    await mkdir(join(allowed, '..2026_02'))
    await writeFile(join(allowed, '..2026_02', 'token'), 'rotated')
    await symlink('..2026_02', join(allowed, '..data_tmp'))
    await rename(join(allowed, '..data_tmp'), join(allowed, '..data'))
    expect((await source.token({ signal })).expose()).toBe('rotated')
  })

  it('accepts an allowed path that is itself a link', async () =>
    expect(await tokenOf(new TokenPaths([join(root, 'link-to-allowed')]), join(root, 'link-to-allowed/token'))).toBe(
      'rotated',
    ))

  it.each([
    ['another directory', '/etc/passwd'],
    ['a relative path to the outside', '/var/run/secrets/../../../etc/passwd'],
    ['a path with the same prefix', '/var/run/secrets-of-others/token'],
    ['the token for the API server', '/var/run/secrets/kubernetes.io/serviceaccount/token'],
    [
      'the token for the API server, by an equivalent path',
      '/var/run/secrets/a/..//kubernetes.io/serviceaccount/token',
    ],
  ])('refuses %s by its path', (_what, path) =>
    expect(() => new TokenPaths().source(path, 'SecretStore prod/kms: spec.KMS.KMSAuth.oidcTokenFilePath')).toThrow(
      expect.objectContaining({
        code: 'InvalidSpec',
        message: expect.stringMatching(
          /oidcTokenFilePath: .* is outside \/var\/run\/secrets and the directories of --allow-token-path/,
        ),
      }),
    ),
  )

  it('rejects a link to a forbidden file without reading it', async () => {
    const escape = tokenOf(new TokenPaths([allowed]), join(allowed, 'escape'))
    await expect(escape).rejects.toMatchObject({ code: 'InvalidSpec', message: expect.stringContaining('a link to') })
    await expect(escape).rejects.not.toMatchObject({ message: expect.stringContaining('canary') })
  })

  it('rejects a directory whose name only starts like an allowed one', () =>
    expect(() => new TokenPaths([allowed]).source(join(root, 'allowed-not/token'), 'here')).toThrow(/is outside/))

  it('reports a missing file', async () =>
    await expect(tokenOf(new TokenPaths(), '/var/run/secrets/tokens/none')).rejects.toMatchObject({
      code: 'Unauthenticated',
      message: expect.stringContaining('/var/run/secrets/tokens/none does not exist'),
    }))

  it('accepts only absolute paths as allowed paths', () =>
    expect(() => new TokenPaths(['tokens'])).toThrow('--allow-token-path: expected an absolute path, got "tokens"'))
})
