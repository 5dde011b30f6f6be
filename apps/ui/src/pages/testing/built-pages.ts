import { rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { build } from 'vite'

let built: Promise<string> | undefined

/** The directory of the built pages; they are built once in a process. */
export function builtPages(): Promise<string> {
  built ??= buildPages()
  return built
}

async function buildPages(): Promise<string> {
  const outDir = await mkdtemp(path.join(tmpdir(), 'acksm-pages-'))
  const remove = (): void => rmSync(outDir, { recursive: true, force: true })
  // A worker of the tests has no other end that all of its files share.
  process.once('exit', remove)
  // The runner ends its workers with this signal, which runs no `exit` handler, and does not let them call `process.exit`.
  process.once('SIGTERM', () => {
    remove()
    process.kill(process.pid, 'SIGTERM')
  })
  const configFile = path.join(import.meta.dirname, '../../../vite.config.ts')
  await build({ configFile, mode: 'production', logLevel: 'warn', build: { outDir } })
  return outDir
}
