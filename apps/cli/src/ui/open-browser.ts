import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Log } from '../output/log.ts'

/** Options of {@link openBrowser}. */
export interface OpenBrowserOptions {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly log: Log
  /** @default process.platform */
  readonly platform?: NodeJS.Platform
}

/** How to open a page on one system. */
export interface Opener {
  readonly program: string
  /** Whether it gets a file with the link instead of the link. */
  readonly isByFile: boolean
}

/**
 * The program that opens a page; undefined if this machine shows no browser to its user. Every user of a machine can read the arguments
 * of its processes. On Linux the link is of no use to others, because the server refuses their connections. Elsewhere the program
 * gets a file that only this user can read; on Linux it would not do, because a browser in a sandbox cannot read it. Pure.
 */
export function openerOf(
  platform: NodeJS.Platform,
  env: Readonly<Record<string, string | undefined>>,
): Opener | undefined {
  if (isSet(env['SSH_CONNECTION'])) return undefined
  if (platform === 'darwin') return { program: 'open', isByFile: true }
  if (platform === 'win32') return { program: 'explorer.exe', isByFile: true }
  const hasDisplay = isSet(env['DISPLAY']) || isSet(env['WAYLAND_DISPLAY'])
  return platform === 'linux' && hasDisplay ? { program: 'xdg-open', isByFile: false } : undefined
}

/**
 * Opens a link in the browser, without a shell. Never fails: the link is printed as well.
 * @returns removes what holds the link
 */
export async function openBrowser(
  url: string,
  { env, log, platform = process.platform }: OpenBrowserOptions,
): Promise<() => void> {
  const opener = openerOf(platform, env)
  if (opener === undefined) return () => undefined
  const redirect = opener.isByFile ? redirectFile(url) : undefined
  const child = spawn(opener.program, [redirect?.file ?? url], { detached: true, env, stdio: 'ignore' })
  try {
    await once(child, 'spawn')
    child.unref()
  } catch (error) {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException
    log.info(`${opener.program} cannot be started (${code}); open the link yourself`)
  }
  return () => redirect?.remove()
}

/** A page that leads to the link, which only this user can read. */
function redirectFile(url: string): { readonly file: string; readonly remove: () => void } {
  const directory = mkdtempSync(path.join(tmpdir(), 'acksm-ui-'))
  const file = path.join(directory, 'open.html')
  const page = `<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0; url=${url}"><title>acksm</title>\n`
  writeFileSync(file, page, { mode: 0o600, flag: 'wx' })
  return { file, remove: () => rmSync(directory, { recursive: true, force: true }) }
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== ''
}
