import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)

export const GO_DIRECTORY = fileURLToPath(new URL('../../go/', import.meta.url))

/** Target of the build. */
export const WASM_TARGET = { GOOS: 'wasip1', GOARCH: 'wasm', GOWASM: '' } as const

/** Go's environment without variables that change the build. */
function goEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, GOTOOLCHAIN: 'local', GOFLAGS: '', GOEXPERIMENT: '', GOWORK: 'off', CGO_ENABLED: '0' }
}

/** Runs the `go` command in the module. @throws Error with its output when it fails */
export async function go(args: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<string> {
  const options = { cwd: GO_DIRECTORY, env: { ...goEnvironment(), ...environment }, timeout: 900_000 }
  const { stdout } = await run('go', args, { ...options, maxBuffer: 16 * 1024 * 1024 })
  return stdout
}

/** Why this machine cannot reproduce the build of the pinned toolchain; undefined if it can. */
export async function whyNoGo(): Promise<string | undefined> {
  const pinned = /^toolchain (\S+)$/m.exec(readFileSync(`${GO_DIRECTORY}go.mod`, 'utf8'))?.[1]
  try {
    const found = (await go(['env', 'GOVERSION'])).trim()
    if (found !== pinned) return `Go is ${found}, and ${pinned} is pinned`
  } catch {
    return 'there is no Go that go.mod accepts'
  }
  try {
    await go(['mod', 'download'])
  } catch {
    return 'its modules are not here, and cannot be downloaded'
  }
  return undefined
}
