import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { actionlintBinary } from './actionlint-binary.ts'
import { zizmorBinary } from './zizmor-binary.ts'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const DEADLINE_MS = 60_000

/** zizmor asks no server: an audit must not depend on the state of the network. */
const LINTERS: ReadonlyArray<readonly [name: string, get: () => Promise<string>, ...args: readonly string[]]> = [
  ['actionlint', actionlintBinary],
  ['zizmor', zizmorBinary, '--offline', '--no-progress', '--quiet', '--pedantic', '.github'],
]

for (const [name, get, ...args] of LINTERS) {
  const binary = await get().catch((error: unknown) => {
    // A laptop may lack Go or Python. Where the project is checked, nothing is skipped.
    if (process.env['CI'] === 'true') throw error
    const [line = ''] = (error instanceof Error ? error.message : String(error)).split('\n')
    console.error(`workflows: not checked with ${name}, which could not be installed: ${line}`)
  })
  if (binary === undefined) continue
  const { status, error } = spawnSync(binary, args, { cwd: ROOT, stdio: 'inherit', timeout: DEADLINE_MS })
  if (error !== undefined) throw error
  if (status !== 0) process.exitCode = 1
}
