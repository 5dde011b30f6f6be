import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Log } from '../output/log.ts'

/** Of the directory, with six characters after it. */
const NAME = 'acksm-ui-'

/** Options of {@link openBrowser}. */
export interface OpenBrowserOptions {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly log: Log
  /** @default process.platform */
  readonly platform?: NodeJS.Platform
}

/** The program that opens a page; undefined if this machine shows no browser to its user. Pure. */
export function openerOf(
  platform: NodeJS.Platform,
  env: Readonly<Record<string, string | undefined>>,
): string | undefined {
  if (isSet(env['SSH_CONNECTION'])) return undefined
  if (platform === 'darwin') return 'open'
  // Windows looks for a bare name in the working directory first.
  if (platform === 'win32') return String.raw`${env['SystemRoot'] ?? String.raw`C:\Windows`}\explorer.exe`
  const hasDisplay = isSet(env['DISPLAY']) || isSet(env['WAYLAND_DISPLAY'])
  return platform === 'linux' && hasDisplay ? 'xdg-open' : undefined
}

/**
 * Opens a link in the browser, without a shell. Every user of a machine can read the arguments of its processes, so the program gets a
 * file that leads to the link and that only this user can read. Never fails: the link is printed as well.
 * @returns removes what holds the link
 */
export async function openBrowser(
  url: string,
  { env, log, platform = process.platform }: OpenBrowserOptions,
): Promise<() => void> {
  const program = openerOf(platform, env)
  if (program === undefined) return () => undefined
  const redirect = redirectFile(url, platform === 'linux' ? env['HOME'] : undefined)
  const child = spawn(program, [redirect.file], { detached: true, env, stdio: 'ignore' })
  try {
    await once(child, 'spawn')
    child.unref()
  } catch (error) {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException
    redirect.remove()
    log.info(`${program} cannot be started (${code}); open the link yourself`)
  }
  return redirect.remove
}

/**
 * A page that leads to the link, which only this user can read.
 * @param home where to put it, if possible: a browser of snap reads neither temporary files nor hidden folders
 */
function redirectFile(url: string, home = tmpdir()): { readonly file: string; readonly remove: () => void } {
  const directory = directoryIn(home)
  const file = path.join(directory, 'open.html')
  const page = `<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0; url=${url}"><title>acksm</title>\n`
  writeFileSync(file, page, { mode: 0o600, flag: 'wx' })
  return { file, remove: () => rmSync(directory, { recursive: true, force: true }) }
}

/** A new directory of this user only, mode 0700. */
function directoryIn(home: string): string {
  try {
    return mkdtempSync(path.join(home, NAME))
  } catch {
    // A home that is missing or read-only, as of a service.
    return mkdtempSync(path.join(tmpdir(), NAME))
  }
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== ''
}
