import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { access, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { directoryOfTests } from '@ack-secret-manager/test-support/directories'
import { beforeAll, describe, expect, it } from 'vitest'
import { runSimulator } from './run-simulator.ts'

const SECRET = 'KfZ9mQ2vB7nR4tYcW8xLp3sHdJ6gAe'

const directory = directoryOfTests()
let seed: string
beforeAll(async () => {
  seed = join(directory, 'seed.yaml')
  await writeFile(seed, 'secrets: [{name: app/db, versions: [{id: v1, data: x}]}]\n')
})

/** The first of six consecutive free ports, below the kernel's ephemeral range. */
async function freePort(): Promise<number> {
  // Not where other test files look.
  const from = 20_000 + Math.floor(Math.random() * 1_900) * 6
  for (let first = from; first < 32_000; first += 6) {
    const servers = [0, 1, 2, 3, 4, 5].map((at) => createServer().listen(first + at, '127.0.0.1'))
    const listening = await Promise.allSettled(servers.map((server) => once(server, 'listening')))
    await Promise.all(servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve()))))
    if (listening.every(({ status }) => status === 'fulfilled')) return first
  }
  throw new Error('there are no six free ports in a row')
}

describe('runSimulator', () => {
  it('prints its endpoints on one line, and ends at the signal', async () => {
    const stop = new AbortController()
    const lines: string[] = []
    const code = await runSimulator(['--seed', seed, '--latency-ms', '1'], {
      stdout: (text) => {
        lines.push(text)
        stop.abort()
      },
      stderr: (text) => lines.push(text),
      signal: stop.signal,
    })
    expect(code).toBe(0)
    expect(lines).toHaveLength(1)
    expect(JSON.parse(lines[0] ?? '')).toEqual({
      kms: expect.stringMatching(/^https:\/\/127\.0\.0\.1:\d+$/),
      control: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      caFile: expect.any(String),
    })
  })

  it('refuses a first port after which a service would have none', async () => {
    // The services take the first port and the seven after it.
    const errors: string[] = []
    const io = { stdout: () => undefined, stderr: (text: string) => errors.push(text), signal: AbortSignal.abort() }
    const code = await runSimulator(['--seed', seed, '--port', '65529'], { ...io, program: 'kms-simulator' })
    expect([code, errors.join('')]).toEqual([2, expect.stringContaining('expected a whole number from 0 to 65528')])
  })

  it.each([
    ['no seed', [], 2, '--seed FILE is required'],
    ['an unknown flag', ['--sed', 'x'], 2, "unknown option '--sed'"],
    ['an unknown flag that contains a secret', [`--sed${SECRET}`], 2, "unknown option '--sed…'"],
    ['an argument', [SECRET], 2, 'too many arguments'],
    ['a flag without its value', ['--seed'], 2, '--seed needs a value: FILE'],
    ['an invalid port', ['--seed', 'x', '--port', 'many'], 2, '--port many: expected a whole number from 0 to 65528'],
    ['a secret as a port', ['--seed', 'x', '--port', SECRET], 2, '--port …: expected a whole number'],
    ['a latency that is too high', ['--seed', 'x', '--latency-ms', '9999999'], 2, '--latency-ms 9999999: expected'],
    ['a missing seed', ['--seed', '/none.yaml'], 2, 'seed /none.yaml: cannot be read (ENOENT)'],
    ['an address of another machine', ['--seed', 'SEED', '--host', '192.0.2.1'], 1, 'cannot listen on 192.0.2.1'],
  ])('reports the error on one line: %s', async (_what, argv, expected, message) => {
    const errors: string[] = []
    const code = await runSimulator(
      argv.map((argument) => (argument === 'SEED' ? seed : argument)),
      {
        stdout: () => undefined,
        stderr: (text) => errors.push(text),
        signal: AbortSignal.abort(),
        program: 'acksm simulate',
      },
    )
    expect([code, errors]).toEqual([expected, [expect.stringMatching(/^acksm simulate: [^\n]+\n$/)]])
    expect(errors[0]).toContain(message)
    expect(errors[0]).not.toContain(SECRET)
  })

  it('lists every configured service on the ready line, each with its own port', async () => {
    const path = join(directory, 'services.yaml')
    const names = 'roles: []\nmetadata: {}\ninstances: [{id: kst-a, clientKeys: [{id: KAAP.a, password: p}]}]\n'
    await writeFile(path, `${names}parameters: []\n`)
    const stop = new AbortController()
    const lines: string[] = []
    const port = await freePort()
    const code = await runSimulator(['--seed', path, '--port', String(port)], {
      stdout: (text) => {
        lines.push(text)
        stop.abort()
      },
      stderr: (text) => lines.push(text),
      signal: stop.signal,
    })
    expect([code, lines.length]).toEqual([0, 1])
    expect(JSON.parse(lines[0] ?? '')).toEqual({
      kms: `https://127.0.0.1:${port}`,
      control: `http://127.0.0.1:${port + 1}`,
      sts: `https://127.0.0.1:${port + 2}`,
      metadata: `http://127.0.0.1:${port + 3}`,
      instance: `https://127.0.0.1:${port + 4}`,
      oos: `https://127.0.0.1:${port + 5}`,
      caFile: expect.any(String),
      instanceCaFile: expect.any(String),
      instanceRootCaFile: expect.any(String),
      clientKeys: { 'KAAP.a': { file: expect.stringMatching(/KAAP\.a\.json$/), password: 'p' } },
    })
  })

  it('has a help', async () => {
    const out: string[] = []
    const io = { stdout: (text: string) => out.push(text), stderr: () => undefined, signal: AbortSignal.abort() }
    expect(await runSimulator(['--help'], io)).toBe(0)
    expect(out[0]).toMatch(/^Usage: kms-simulator --seed FILE/)
  })
})

it.each(['SIGTERM', 'SIGINT'] as const)(
  'the command runs unbuilt and ends cleanly on %s',
  { timeout: 120_000 },
  async (signal) => {
    const shim = fileURLToPath(new URL('../bin/kms-simulator.mjs', import.meta.url))
    const child = spawn(process.execPath, [shim, '--seed', seed], { stdio: ['ignore', 'pipe', 'inherit'] })
    const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
    const { caFile } = JSON.parse(line) as { caFile: string }
    await access(caFile)
    child.kill(signal)
    expect(await once(child, 'exit')).toEqual([0, null])
    await expect(access(caFile)).rejects.toThrow('ENOENT')
  },
)
