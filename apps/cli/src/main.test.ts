import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { access, readFile } from 'node:fs/promises'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { crds, crdYaml } from '@ack-secret-manager/resources'
import { COMMANDS } from './commands/commands.ts'
import { folderWith } from './testing/files.ts'
import { run } from './testing/run.ts'

const SHIM = fileURLToPath(new URL('../bin/acksm.mjs', import.meta.url))
const SEED = 'secrets: [{name: app/db, versions: [{id: v1, data: x}]}]\n'

it('the command runs without a build and prints its help', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [SHIM, '--help'])
  expect(stdout).toMatch(/^Usage: acksm COMMAND \[flags\][\s\S]*sync[\s\S]*Exit codes: /)
})

it('the help does not load the commands', async () => {
  const script = `
    import { registerHooks } from 'node:module'
    const loaded = []
    registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) })
    const { runCommand } = await import('${new URL('index.ts', import.meta.url).href}')
    const stream = { write: () => undefined }
    const io = { stdout: stream, stderr: stream, env: {}, cwd: '/', isTTY: {}, signal: new AbortController().signal }
    for (const argv of [['--help'], ['sync', '--help'], ['get']]) await runCommand(argv, io)
    console.log(JSON.stringify(loaded))`
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--conditions=@ack-secret-manager/source',
    '--input-type=module',
    '--eval',
    script,
  ])
  const loaded = JSON.parse(stdout) as string[]
  const strange = loaded.filter(
    (url) =>
      !/^node:|\/node_modules\/commander\/|\/packages\/(core|command-line)\/src\/|\/apps\/cli\/(src\/|package\.json)/.test(
        url,
      ),
  )
  expect(strange).toEqual([])
  expect(loaded.length).toBeGreaterThan(10)
})

it.each(COMMANDS.map(({ name }) => [name]))('%s has a help with examples', async (name) => {
  const { code, out } = await run([name, '--help'])
  expect(code).toBe(0)
  expect(out).toMatch(new RegExp(`^Usage: acksm ${name} [\\s\\S]*\nExamples:\n {2}# `))
})

it('prints its version', async () => {
  expect((await run(['--version'])).out).toMatch(/^\d+\.\d+\.\d+\n$/)
})

it('prints the CRDs', async () => {
  const { out: help } = await run(['crds', '--help'])
  for (const { spec } of crds()) expect(help).toMatch(new RegExp(`\\b${spec.names.kind}\\b`))
  expect(await run(['crds'])).toMatchObject({ code: 0, out: crdYaml() })
  const { out } = await run(['crds', '-o', 'json'])
  expect(JSON.parse(out)).toEqual({ apiVersion: 'v1', kind: 'List', items: JSON.parse(JSON.stringify(crds())) })
})

it.each([
  ['SIGINT', 130],
  ['SIGTERM', 0],
] as const)('the simulator runs until %s, and its CA file exists until then', async (signal, exitCode) => {
  const cwd = await folderWith({ 'seed.yaml': SEED })
  const argv = [SHIM, 'simulate', '--seed', 'seed.yaml', '--ca-file', 'ca.pem']
  const child = spawn(process.execPath, argv, { cwd, stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
  expect(JSON.parse(line)).toMatchObject({
    kms: expect.stringMatching(/^https:\/\/127\.0\.0\.1:\d+$/),
    control: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
    caFile: path.join(cwd, 'ca.pem'),
  })
  expect(await readFile(path.join(cwd, 'ca.pem'), 'utf8')).toMatch(/^-----BEGIN CERTIFICATE-----/)
  child.kill(signal)
  expect(await once(child, 'exit')).toEqual([exitCode, null])
  await expect(access(path.join(cwd, 'ca.pem'))).rejects.toThrow('ENOENT')
})

it('reports a CA file that cannot be written', async () => {
  const cwd = await folderWith({ 'seed.yaml': SEED })
  expect(await run(['simulate', '--seed', 'seed.yaml', '--ca-file', 'no/ca.pem'], { cwd })).toMatchObject({
    code: 2,
    err: `acksm: --ca-file ${cwd}/no/ca.pem: no such directory\n`,
  })
})

it('stops waiting for stdin when it is interrupted', async () => {
  const cwd = await folderWith({})
  const child = spawn(process.execPath, [SHIM, 'sync', '-f', '-', '--out', 'out', '--log-level', 'debug'], { cwd })
  const [line] = (await once(child.stderr, 'data')) as [Buffer]
  expect(line.toString()).toBe('acksm: debug: reading stdin\n')
  child.kill('SIGINT')
  expect(await once(child, 'exit')).toEqual([130, null])
})
