import { mkdir, readdir, readlink, symlink, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { contentDigester } from '@ack-secret-manager/core'
import { directoryOfTest } from '@ack-secret-manager/test-support/directories'
import { createOf, patchOf, recordFor, there } from '@ack-secret-manager/testkit'
import { expect, it } from 'vitest'
import { FileSecretWriter } from './file-secret-writer.ts'

const { signal } = new AbortController()
const digester = contentDigester()
const target = { namespace: 'team-a', name: 'db' }
const owner = { apiVersion: 'alibabacloud.com/v1alpha1', kind: 'ExternalSecret', name: 'db', uid: '' }

it('names the key whose path a directory blocks, and leaves no temporary link', async () => {
  const directory = await directoryOfTest()
  const writer = await FileSecretWriter.open({ directory, digester })
  await writer.apply(createOf({ digester }, target, owner, { password: '1' }), { signal })
  const key = join(directory, 'team-a', 'db', 'password')
  await unlink(key)
  await mkdir(key)
  const seen = there(await writer.observe(target, { signal }))
  const record = recordFor(digester, target, { password: '2' })
  const patch = patchOf(seen, owner, record, { set: { password: '2' } })
  await expect(writer.apply(patch, { signal })).rejects.toThrow(`a directory is in the way; remove it (${key})`)
  expect(await readdir(join(directory, 'team-a', 'db'))).not.toContain('..link_tmp')
})

it('rejects a symbolic link to a missing directory, and creates nothing there', async () => {
  const parent = await directoryOfTest()
  const directory = join(parent, 'out')
  await symlink(join(parent, 'missing'), directory)
  await expect(FileSecretWriter.open({ directory, digester })).rejects.toMatchObject({
    code: 'InvalidSpec',
    message: `output directory ${directory} is a symbolic link to a path that does not exist: choose a new or empty directory`,
  })
  expect(await readdir(parent)).toEqual(['out'])
  expect(await readlink(directory)).toBe(join(parent, 'missing'))
})

it.runIf(process.platform === 'linux')('fails at once where no directory can be created', async () => {
  await expect(
    FileSecretWriter.open({ directory: '/proc/out/deep', digester, timeoutMs: 5_000 }),
  ).rejects.toMatchObject({
    code: 'WriteFailed',
    message: 'opening output directory /proc/out/deep: no such file or directory, and it cannot be created (/proc/out)',
  })
})
