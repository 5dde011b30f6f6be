import { spawnSync, type SpawnSyncReturns } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

/** Contains the module version and, in go.sum, the hash of its content. */
const PIN = fileURLToPath(new URL('../../testdata/go-jmespath', import.meta.url))
const MODULE = 'github.com/jmespath/go-jmespath'
const DOWNLOAD_TIMEOUT_MS = 120_000

export interface SuiteFile {
  readonly name: string
  readonly text: string
}

/** The suite, or the reason why it is not available. */
export type GoSuite =
  | { readonly kind: 'found'; readonly files: readonly SuiteFile[] }
  | { readonly kind: 'absent'; readonly reason: string }

/**
 * The compliance suite of go-jmespath from Go's module cache, to which Go downloads it once. @throws Error if it does not match go.sum
 */
export function findGoSuite(): GoSuite {
  const command = process.env['GO'] ?? 'go'
  const downloaded = go(command, ['mod', 'download', '-json', MODULE])
  if (downloaded.error) return { kind: 'absent', reason: 'there is no Go here' }
  if (/checksum mismatch|SECURITY ERROR/.test(downloaded.stderr)) throw new Error(downloaded.stderr)
  if (downloaded.status !== 0) return { kind: 'absent', reason: `${MODULE} cannot be downloaded` }
  // Files in the cache may have been changed.
  const verified = go(command, ['mod', 'verify'])
  if (verified.status !== 0) throw new Error(`${MODULE}: ${verified.stdout}${verified.stderr}`)
  const { Dir: home } = JSON.parse(downloaded.stdout) as { Dir: string }
  const folder = path.join(home, 'compliance')
  const files = readdirSync(folder).filter((name) => name.endsWith('.json'))
  return {
    kind: 'found',
    files: files.map((name) => ({ name, text: readFileSync(path.join(folder, name), 'utf8') })),
  }
}

function go(command: string, args: readonly string[]): SpawnSyncReturns<string> {
  const env = { ...process.env, GOFLAGS: '-mod=readonly', GOWORK: 'off' }
  return spawnSync(command, args, { cwd: PIN, env, encoding: 'utf8', timeout: DOWNLOAD_TIMEOUT_MS })
}
