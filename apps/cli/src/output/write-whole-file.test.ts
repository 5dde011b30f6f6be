import { existsSync } from 'node:fs'
import { chmod, lstat, readdir, readFile, stat, symlink } from 'node:fs/promises'
import path from 'node:path'
import { expect, it } from 'vitest'
import { folderWith } from '../testing/files.ts'
import { run } from '../testing/run.ts'
import { writeWholeFile } from './write-whole-file.ts'

async function* fullDisk(): AsyncGenerator<string> {
  yield await Promise.resolve('half')
  throw Object.assign(new Error('full'), { code: 'ENOSPC' })
}

it.each(['w', 'wx'] as const)('removes a file that it cannot write completely (%s)', async (flag) => {
  const cwd = await folderWith({ other: '' })
  await expect(writeWholeFile(path.join(cwd, 'out.yaml'), fullDisk(), { flag })).rejects.toThrow('full')
  expect(await readdir(cwd)).toEqual(['other'])
})

it('keeps an existing file that it cannot replace completely', async () => {
  const cwd = await folderWith({ 'out.yaml': 'before' })
  const file = path.join(cwd, 'out.yaml')
  await expect(writeWholeFile(file, fullDisk(), { flag: 'w' })).rejects.toThrow('full')
  expect([await readFile(file, 'utf8'), await readdir(cwd)]).toEqual(['before', ['out.yaml']])
})

it('replaces the content of a file behind a link, and keeps its permissions', async () => {
  const cwd = await folderWith({ 'real.yaml': 'before' })
  await chmod(path.join(cwd, 'real.yaml'), 0o606)
  await symlink('real.yaml', path.join(cwd, 'link.yaml'))
  await writeWholeFile(path.join(cwd, 'link.yaml'), 'after', { flag: 'w' })
  expect(await readdir(cwd)).toEqual(['link.yaml', 'real.yaml'])
  expect(await readFile(path.join(cwd, 'real.yaml'), 'utf8')).toBe('after')
  expect((await lstat(path.join(cwd, 'link.yaml'))).isSymbolicLink()).toBe(true)
  expect((await stat(path.join(cwd, 'real.yaml'))).mode & 0o777).toBe(0o606)
})

it('gives no other user the new content of a private file, also while it is written', async () => {
  const cwd = await folderWith({ 'out.yaml': 'before' })
  await chmod(path.join(cwd, 'out.yaml'), 0o600)
  const modes: number[] = []
  async function* text(): AsyncGenerator<string> {
    yield 'after'
    for (const name of await readdir(cwd)) modes.push((await stat(path.join(cwd, name))).mode & 0o777)
  }
  await writeWholeFile(path.join(cwd, 'out.yaml'), text(), { flag: 'w' })
  expect(modes).toEqual([0o600, 0o600])
})

it('replaces no link whose target it cannot find out', async () => {
  const cwd = await folderWith({})
  await symlink('loop.yaml', path.join(cwd, 'loop.yaml'))
  const writing = writeWholeFile(path.join(cwd, 'loop.yaml'), 'after', { flag: 'w' })
  await expect(writing).rejects.toMatchObject({ code: 'ELOOP' })
  expect((await lstat(path.join(cwd, 'loop.yaml'))).isSymbolicLink()).toBe(true)
})

it('keeps an existing file that it may not replace', async () => {
  const cwd = await folderWith({ 'out.yaml': 'before' })
  const file = path.join(cwd, 'out.yaml')
  await expect(writeWholeFile(file, 'after', { flag: 'wx' })).rejects.toMatchObject({ code: 'EEXIST' })
  expect(await readFile(file, 'utf8')).toBe('before')
})

it.runIf(existsSync('/dev/full'))('init --out on a full disk removes no device', async () => {
  const argv = ['init', '--yes', '--secret', 'shop/db', '--offline', '--out', '/dev/full', '--force']
  expect(await run(argv)).toMatchObject({ code: 2, err: 'acksm: --out /dev/full: cannot be written (ENOSPC)\n' })
  expect((await stat('/dev/full')).isCharacterDevice()).toBe(true)
})
