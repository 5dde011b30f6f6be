import { execFile } from 'node:child_process'
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { directoryOfTests } from '@ack-secret-manager/test-support/directories'
import { beforeAll, expect, it } from 'vitest'

const BIN = fileURLToPath(new URL('../bin', import.meta.url))
const PROGRAM = `console.log(JSON.stringify({
  flags: process.execArgv, args: process.argv.slice(2),
  arenas: process.env.MALLOC_ARENA_MAX, trim: process.env.MALLOC_TRIM_THRESHOLD_,
  threads: process.env.UV_THREADPOOL_SIZE
}))`

/** As in a published package: only the bundle, no sources. */
const directory = directoryOfTests()
beforeAll(async () => {
  await cp(BIN, path.join(directory, 'bin'), { recursive: true })
  await mkdir(path.join(directory, 'dist'))
  await writeFile(path.join(directory, 'dist/start.js'), PROGRAM)
  await writeFile(path.join(directory, 'package.json'), '{"type":"module"}')
})

async function run(env: Readonly<Record<string, string>> = {}): Promise<unknown> {
  const script = path.join(directory, 'bin/ack-secret-manager.mjs')
  const inherited = {
    ...process.env,
    NODE_OPTIONS: '',
    MALLOC_ARENA_MAX: undefined,
    MALLOC_TRIM_THRESHOLD_: undefined,
    UV_THREADPOOL_SIZE: undefined,
  }
  const { stdout } = await promisify(execFile)(process.execPath, [script, '--region', 'cn-beijing'], {
    env: { ...inherited, ...env },
  })
  return JSON.parse(stdout)
}

it('starts the bundle with the memory limits and enough threads for lookups of names', async () => {
  const { flags, env } = JSON.parse(await readFile(path.join(BIN, 'runtime.json'), 'utf8')) as {
    flags: string[]
    env: Record<string, string>
  }
  expect(flags).toContain('--max-old-space-size=512')
  const { MALLOC_ARENA_MAX: arenas, MALLOC_TRIM_THRESHOLD_: trim, UV_THREADPOOL_SIZE: threads } = env
  expect(threads).toBe('16')
  expect(await run()).toEqual({ flags, args: ['--region', 'cn-beijing'], arenas, trim, threads })
})

it('keeps settings of the user', async () => {
  expect(await run({ NODE_OPTIONS: '--max-old-space-size=2048', MALLOC_ARENA_MAX: '8' })).toMatchObject({
    flags: ['--max-semi-space-size=4'],
    arenas: '8',
  })
})
