import { execFileSync } from 'node:child_process'
import { chmod, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { directoryOfTests } from '@ack-secret-manager/test-support/directories'
import { describe, expect, it } from 'vitest'
import { tokenFile } from './token-file.ts'

const signal = new AbortController().signal
const directory = directoryOfTests()

describe('tokenFile', () => {
  it.each([
    ['a final newline', 'token\n'],
    ['a byte order mark and Windows line end', '\uFEFFtoken\r\n'],
    ['nothing', 'token'],
  ])('trims %s around the token', async (_rule, content) => {
    const path = join(directory, 'token')
    await writeFile(path, content)
    expect((await tokenFile(path).token({ signal })).expose()).toBe('token')
  })

  it('follows the links of the kubelet', async () => {
    await writeFile(join(directory, 'data'), 'linked')
    await symlink('data', join(directory, 'link'))
    expect((await tokenFile(join(directory, 'link')).token({ signal })).expose()).toBe('linked')
  })

  it.each<[string, (path: string) => Promise<unknown> | void, RegExp]>([
    ['does not exist', () => undefined, /^token file .* does not exist: mount a projected ServiceAccount token/],
    ['is too large', (path) => writeFile(path, 'canary'.repeat(4_000)), /is larger than 21024 bytes$/],
    ['is a FIFO', (path) => void execFileSync('mkfifo', [path]), /is not a regular file$/],
    ['is a loop', (path) => symlink(path, path), /is a symbolic link loop$/],
  ])('a file that %s', async (name, make, message) => {
    const path = join(directory, name.replaceAll(' ', '-'))
    await make(path)
    await expect(tokenFile(path).token({ signal })).rejects.toMatchObject({
      code: 'Unauthenticated',
      message: expect.stringMatching(message),
    })
  })

  it('a folder', async () => {
    await expect(tokenFile(directory).token({ signal })).rejects.toMatchObject({
      code: 'Unauthenticated',
      message: `token file ${directory} is not a regular file`,
    })
  })

  it.skipIf(process.getuid?.() === 0)('a file without read permission', async () => {
    const path = join(directory, 'secret')
    await writeFile(path, 'token')
    await chmod(path, 0)
    await expect(tokenFile(path).token({ signal })).rejects.toMatchObject({ code: 'Unauthenticated' })
  })

  it.each(['token', './token', '', '/a\0b'])('refuses the path %j', (path) =>
    expect(() => tokenFile(path)).toThrowError(
      expect.objectContaining({ code: 'InvalidSpec', facts: { field: 'oidcTokenFilePath' } }),
    ),
  )
})
