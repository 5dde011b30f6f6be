import { chmod, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, it, vi } from 'vitest'
import { Log } from '../output/log.ts'
import { folderWith } from '../testing/files.ts'
import { Capture } from '../testing/run.ts'
import { openBrowser, openerOf } from './open-browser.ts'

const URL = 'http://127.0.0.1:1/login?token=abc'

it.each<[NodeJS.Platform, Record<string, string>, string | undefined]>([
  ['linux', { DISPLAY: ':0' }, 'xdg-open'],
  ['linux', { WAYLAND_DISPLAY: 'wayland-0' }, 'xdg-open'],
  ['linux', {}, undefined],
  ['linux', { DISPLAY: 'localhost:10.0', SSH_CONNECTION: '1 2 3 4' }, undefined],
  ['darwin', {}, 'open'],
  ['darwin', { SSH_CONNECTION: '1 2 3 4' }, undefined],
  ['win32', { SystemRoot: String.raw`D:\Windows` }, String.raw`D:\Windows\explorer.exe`],
  ['win32', {}, String.raw`C:\Windows\explorer.exe`],
  ['freebsd', { DISPLAY: ':0' }, undefined],
])('opens a page on %s with %j by %j', (platform, env, opener) => expect(openerOf(platform, env)).toBe(opener))

/** A folder with a program that writes its arguments into a file. */
async function folderOf(program: string): Promise<string> {
  const folder = await folderWith({
    [program]: `#!/bin/sh\nprintf '%s\\n' "$@" > "$OUT/args.part"\n/bin/mv "$OUT/args.part" "$OUT/args"\n`,
  })
  await chmod(path.join(folder, program), 0o755)
  return folder
}

async function argumentsOf(folder: string): Promise<string> {
  return vi.waitFor(() => readFile(path.join(folder, 'args'), 'utf8'), { timeout: 60_000 })
}

it.each<[NodeJS.Platform, program: string]>([
  ['linux', 'xdg-open'],
  ['darwin', 'open'],
])('hides the link from the list of processes on %s, without a shell', async (platform, program) => {
  const folder = await folderOf(program)
  const url = `${URL}$(touch ${folder}/evil);'`
  const remove = await openBrowser(url, {
    env: { PATH: folder, OUT: folder, HOME: folder, DISPLAY: ':0' },
    log: new Log(new Capture(), 'info'),
    platform,
  })
  const file = await argumentsOf(folder)
  expect(file).toMatch(/^[^\n]+\/acksm-ui-\w{6}\/open\.html\n$/)
  const page = file.trim()
  // A browser of snap reads neither temporary files nor hidden folders.
  expect(path.dirname(path.dirname(page)) === folder).toBe(platform === 'linux')
  expect((await stat(page)).mode & 0o777).toBe(0o600)
  expect((await stat(path.dirname(page))).mode & 0o777).toBe(0o700)
  expect(await readFile(page, 'utf8')).toContain(`content="0; url=${url}"`)
  remove()
  await expect(readdir(path.dirname(page))).rejects.toThrow('ENOENT')
  expect(await readdir(folder)).not.toContain('evil')
})

it('needs no home', async () => {
  const folder = await folderOf('xdg-open')
  const remove = await openBrowser(URL, {
    env: { PATH: folder, OUT: folder, HOME: path.join(folder, 'missing'), DISPLAY: ':0' },
    log: new Log(new Capture(), 'info'),
    platform: 'linux',
  })
  expect(path.dirname(path.dirname((await argumentsOf(folder)).trim()))).toBe(tmpdir())
  remove()
})

it('says that no browser can be opened, without the link', async () => {
  const folder = await folderWith({})
  await writeFile(path.join(folder, 'xdg-open'), '')
  const err = new Capture()
  const env = { PATH: folder, HOME: folder, DISPLAY: ':0' }
  await openBrowser(URL, { env, log: new Log(err, 'info'), platform: 'linux' })
  expect(err.text).toBe('acksm: xdg-open cannot be started (EACCES); open the link yourself\n')
  expect(await readdir(folder)).toEqual(['xdg-open'])
})
