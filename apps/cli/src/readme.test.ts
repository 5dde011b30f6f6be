import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it, onTestFinished } from 'vitest'
import { folderWith, treeOf } from './testing/files.ts'

const PACKAGE = fileURLToPath(new URL('..', import.meta.url))
const SHIM = path.join(PACKAGE, 'bin/acksm.mjs')

/** Blocks from the section "Try it" on: installing is not tried here. */
async function blocks(language: string): Promise<readonly string[]> {
  const readme = await readFile(path.join(PACKAGE, 'README.md'), 'utf8')
  return [
    ...readme.slice(readme.indexOf('\n## Try it\n')).matchAll(new RegExp(`\`\`\`${language}\n(.*?)\n\`\`\``, 'gs')),
  ].map((found) => found[1] ?? '')
}

/** Below the ephemeral range, because the system may assign one of its ports before the command listens. */
const PORTS = { first: 20_000, count: 12_000 }

/** The first of three consecutive free ports. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = PORTS.first + Math.floor(Math.random() * PORTS.count)
    if ((await isFree(port)) && (await isFree(port + 1)) && (await isFree(port + 2))) return port
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  const listens = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true))
  })
  if (listens) await new Promise((resolve) => server.close(resolve))
  return listens
}

it('the program of the README runs', { timeout: 120_000 }, async () => {
  const [code = ''] = await blocks('ts')
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--conditions=@ack-secret-manager/source', '--input-type=module-typescript', '--eval', code],
    { cwd: PACKAGE },
  )
  expect(JSON.parse(stdout)).toMatchObject({ kind: 'List' })
})

it('the commands of the README work unchanged', { timeout: 120_000 }, async () => {
  const port = await freePort()
  const adapt = (command: string): string =>
    command
      .replaceAll('npx acksm', `exec '${process.execPath}' '${SHIM}'`)
      .replaceAll('9443', String(port))
      .replaceAll('9444', String(port + 1))
      .replaceAll('9445', String(port + 2))
  const [simulate = '', sync = '', change = '', variables = '', ...others] = (await blocks('sh')).map(adapt)
  const cwd = await folderWith({})
  for (const folder of ['examples/quickstart', 'examples/seeds']) {
    await cp(path.join(PACKAGE, '../..', folder), path.join(cwd, folder), { recursive: true })
  }
  const begin = (command: string): AsyncIterator<string> => {
    const child = spawn('sh', ['-c', command], { cwd, stdio: ['ignore', 'pipe', 'inherit'] })
    onTestFinished(async () => {
      const gone = once(child, 'exit')
      child.kill('SIGTERM')
      await gone
    })
    return createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  }
  await begin(simulate).next()
  const syncing = begin(sync)
  const table = [await syncing.next(), await syncing.next()].map(({ value }) => String(value))
  const [shown = ''] = await blocks('text')
  expect(table).toEqual(shown.split('\n'))
  const [, method = '', url = '', body = ''] = /^curl -X (\w+) (\S+) -d '(.*)'$/.exec(change) ?? []
  expect((await fetch(url, { method, body })).status).toBe(200)
  expect(String((await syncing.next()).value)).toMatch(/default\/shop written: /)
  expect(await treeOf(path.join(cwd, 'out'))).toMatchObject({
    'default/shop/api-token': Buffer.from('token-two'),
    'default/shop/db-password': Buffer.from('first-password'),
  })
  const outputs = await Promise.all(
    others.slice(0, 3).map((command) => promisify(execFile)('sh', ['-c', `${variables}\n${command}`], { cwd })),
  )
  const expected = [/^NAME .*\nshop\/api-token .*\nshop\/db .*\n$/, /^shop\n$/, /, nothing to do\n$/]
  for (const [at, pattern] of expected.entries()) expect(outputs[at]?.stdout).toMatch(pattern)
})
