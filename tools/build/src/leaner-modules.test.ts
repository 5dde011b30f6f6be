import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { build } from 'tsup'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { application } from './application.ts'

/** In a folder of the packages, so that imports resolve. */
const CACHE = fileURLToPath(new URL('../../../node_modules/.cache', import.meta.url))
const PROGRAM = `
  import { Agent, buildConnector, errors, ProxyAgent, fetch } from 'undici'
  import { z } from 'zod'
  const agent = new Agent({ connect: buildConnector({}) })
  const result = await agent.request({ origin: process.argv[2], path: '/', method: 'GET' })
  console.log(result.statusCode, await result.body.text(), typeof ProxyAgent, errors.UndiciError.name, await (await fetch(process.argv[2])).text())
  console.log(z.string().safeParse(1).error.issues[0].message)
  await agent.close()
`

let directory: string
beforeAll(async () => {
  await mkdir(CACHE, { recursive: true })
  directory = await mkdtemp(path.join(CACHE, 'leaner-'))
})
afterAll(() => rm(directory, { recursive: true }))

it('bundles the used parts of undici and zod, which work', async () => {
  const entry = path.join(directory, 'program.ts')
  await writeFile(entry, PROGRAM)
  const outDir = path.join(directory, 'dist')
  await build({ ...application({ entry: [entry], outDir, clean: false, sourcemap: false }), config: false })
  const bundle = path.join(outDir, 'program.js')
  // The complete package is 1.6 MB.
  expect((await stat(bundle)).size).toBeLessThan(1_100_000)
  const server = createServer((_request, response) => response.end('hello')).listen(0, '127.0.0.1')
  try {
    await once(server, 'listening')
    const address = server.address()
    const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
    const { stdout } = await promisify(execFile)(process.execPath, [bundle, url])
    expect(stdout).toBe('200 hello function UndiciError hello\nInvalid input: expected string, received number\n')
  } finally {
    server.close()
  }
})

it('refuses to bundle a part of undici that is left out', async () => {
  const entry = path.join(directory, 'other.ts')
  await writeFile(entry, "import { MockAgent } from 'undici'\nconsole.log(new MockAgent())")
  const outDir = path.join(directory, 'other')
  const options = application({ entry: [entry], outDir, clean: false, sourcemap: false, silent: true })
  await expect(build({ ...options, config: false })).rejects.toThrow('No matching export')
})
