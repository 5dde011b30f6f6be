import { link, open, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, it } from 'vitest'
import { Log } from '../output/log.ts'
import { folderWith } from '../testing/files.ts'
import { CANARY, Capture } from '../testing/run.ts'
import { PrivateDirectory } from './private-directory.ts'

it.each(['remove', 'removeNow'] as const)('%s overwrites its files, and leaves linked ones alone', async (end) => {
  const outside = await folderWith({ target: CANARY, twice: CANARY })
  const use = { command: 'test', what: 'test' }
  const directory = await PrivateDirectory.inMemory({ TMPDIR: outside }, new Log(new Capture(), 'error'), use)
  expect((await stat(directory.path)).mode & 0o777).toBe(0o700)
  const file = path.join(directory.path, 'value')
  await writeFile(file, CANARY)
  await symlink(path.join(outside, 'target'), path.join(directory.path, 'symbolic'))
  // Hard links do not cross file systems.
  await link(path.join(outside, 'twice'), path.join(directory.path, 'hard')).catch(() => undefined)
  // An open handle still reads a file that is removed.
  const handle = await open(file)
  await directory[end]()
  expect((await handle.readFile()).equals(Buffer.alloc(CANARY.length))).toBe(true)
  await handle.close()
  await expect(stat(directory.path)).rejects.toThrow('ENOENT')
  for (const name of ['target', 'twice']) expect(await readFile(path.join(outside, name), 'utf8')).toBe(CANARY)
})

it('names the directory in which it cannot be created', async () => {
  const parent = await folderWith({})
  const use = { command: 'no/such', what: 'test' }
  const created = PrivateDirectory.inMemory({ TMPDIR: parent }, new Log(new Capture(), 'error'), use)
  await expect(created).rejects.toMatchObject({ problems: [expect.stringMatching(/^\/.+: no such directory$/)] })
})
