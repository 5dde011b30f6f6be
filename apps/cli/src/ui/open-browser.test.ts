import { chmod, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, it, vi } from 'vitest'
import { Log } from '../output/log.ts'
import { folderWith } from '../testing/files.ts'
import { Capture } from '../testing/run.ts'
import { openBrowser, openerOf } from './open-browser.ts'

const URL = 'http://127.0.0.1:1/login?token=abc'

it.each<[NodeJS.Platform, Record<string, string>, object | undefined]>([
  ['linux', { DISPLAY: ':0' }, { program: 'xdg-open', isByFile: false }],
  ['linux', { WAYLAND_DISPLAY: 'wayland-0' }, { program: 'xdg-open', isByFile: false }],
  ['linux', {}, undefined],
  ['linux', { DISPLAY: 'localhost:10.0', SSH_CONNECTION: '1 2 3 4' }, undefined],
  ['darwin', {}, { program: 'open', isByFile: true }],
  ['darwin', { SSH_CONNECTION: '1 2 3 4' }, undefined],
  ['win32', {}, { program: 'explorer.exe', isByFile: true }],
  ['freebsd', { DISPLAY: ':0' }, undefined],
])('opens a page on %s with %j by %j', (platform, env, opener) => expect(openerOf(platform, env)).toEqual(opener))

/** A folder with a program that writes its arguments into a file. */
async function folderOf(program: string): Promise<string> {
  const folder = await folderWith({
    [program]: `#!/bin/sh\nprintf '%s\\n' "$@" > "$OUT/args.part"\n/bin/mv "$OUT/args.part" "$OUT/args"\n`,
  })
  await chmod(path.join(folder, program), 0o755)
  return folder
}

async function argumentsOf(folder: string): Promise<string> {
  return vi.waitFor(() => readFile(path.join(folder, 'args'), 'utf8'), { timeout: 20_000 })
}

it('hides the link from the list of processes where others could use it', async () => {
  const folder = await folderOf('open')
  const err = new Capture()
  const remove = await openBrowser(URL, {
    env: { PATH: folder, OUT: folder },
    log: new Log(err, 'info'),
    platform: 'darwin',
  })
  const file = (await argumentsOf(folder)).trim()
  expect(file).not.toContain('token')
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  expect((await stat(path.dirname(file))).mode & 0o777).toBe(0o700)
  expect(await readFile(file, 'utf8')).toContain(`content="0; url=${URL}"`)
  remove()
  await expect(readdir(path.dirname(file))).rejects.toThrow('ENOENT')
})

it('opens the link itself on Linux, and not through a shell', async () => {
  const folder = await folderOf('xdg-open')
  const err = new Capture()
  const evil = `${URL}$(touch ${folder}/evil);'"`
  await openBrowser(evil, {
    env: { PATH: folder, OUT: folder, DISPLAY: ':0' },
    log: new Log(err, 'info'),
    platform: 'linux',
  })
  expect(await argumentsOf(folder)).toBe(`${evil}\n`)
  expect(await readdir(folder)).not.toContain('evil')
})

it('says that no browser can be opened, without the link', async () => {
  const folder = await folderWith({})
  await writeFile(path.join(folder, 'xdg-open'), '')
  const err = new Capture()
  await openBrowser(URL, { env: { PATH: folder, DISPLAY: ':0' }, log: new Log(err, 'info'), platform: 'linux' })
  expect(err.text).toBe('acksm: xdg-open cannot be started (EACCES); open the link yourself\n')
})
