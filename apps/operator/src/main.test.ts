import { runOnTerminal } from '@ack-secret-manager/test-support/terminal'
import { startTestServer } from '@ack-secret-manager/test-support/test-server'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, vi } from 'vitest'
import { runMain } from './main.ts'
import { wireServer } from './testing/wire-server.ts'

const WAIT = { timeout: 60_000 }

async function run(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  let out = ''
  let err = ''
  const signal = AbortSignal.timeout(60_000)
  const env = { KUBECONFIG: '/nonexistent/kubeconfig' }
  const code = await runMain({
    argv,
    env,
    signal,
    stdout: { write: (text) => void (out += text) },
    stderr: { write: (text) => void (err += text) },
  })
  return { code, out, err }
}

const SHIM = fileURLToPath(new URL('../bin/ack-secret-manager.mjs', import.meta.url))

it.each([
  [[], /WARN {2}--reconcile-count has no effect: use --concurrency\r\n/],
  [['--log-format=json'], /"level":"warn","time":"[^"]+","message":"--reconcile-count has no effect/],
])('logs on a terminal with %j', async (more, line) => {
  const argv = [SHIM, '--reconcile-count=1', '--kubeconfig=/nonexistent', ...more]
  const { code, shown } = await runOnTerminal(process.execPath, argv, { cwd: '/', env: process.env }).exit
  expect([code, shown]).toEqual([1, expect.stringMatching(line)])
})

describe('runMain', () => {
  it('prints help and version with exit code 0', async () => {
    expect(await run('--help')).toMatchObject({ code: 0, err: '', out: expect.stringContaining('--polling-interval') })
    expect(await run('--version')).toMatchObject({ code: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) })
  })

  it.each([90, 140])('wraps its help at the width of the terminal, %i', async (columns) => {
    let out = ''
    const stdout = { write: (text: string) => void (out += text) }
    await runMain({ argv: ['--help'], env: {}, signal: new AbortController().signal, stdout, stderr: stdout, columns })
    const [flags = ''] = out.split('\nExamples:')
    const longest = Math.max(...flags.split('\n').map((line) => line.length))
    expect(longest).toBeLessThanOrEqual(columns)
    expect(longest).toBeGreaterThan(columns - 20)
  })

  it.each([
    [['--polling-interval', 'soon'], 'ack-secret-manager: --polling-interval soon: expected a duration'],
    [['--regoin', 'x'], "ack-secret-manager: unknown option '--regoin'"],
  ])('rejects %j in one line with exit code 2', async (argv, message) => {
    const { code, err } = await run(...argv)
    expect(code).toBe(2)
    expect(err).toContain(message)
    expect(err.trimEnd().split('\n')).toHaveLength(1)
  })

  it('reports a missing kubeconfig in one line with exit code 1', async () => {
    const { code, err } = await run('--kubeconfig', '/nonexistent/kubeconfig')
    expect(code).toBe(1)
    expect(err).toContain('/nonexistent/kubeconfig')
    expect(err.trimEnd().split('\n')).toHaveLength(1)
    expect(err).not.toContain('    at ')
  })

  it('rejects two operator identities before it serves or requests anything', async () => {
    const paths: string[] = []
    await using server = await wireServer((request, response) => {
      paths.push(request.url)
      response.destroy()
    })
    let out = ''
    let err = ''
    const code = await runMain({
      argv: ['--kubeconfig', server.kubeconfig, '--metrics-bind-address=0', '--health-probe-bind-address=127.0.0.1:0'],
      env: {
        ALIBABA_CLOUD_ACCESS_KEY_ID: 'LTAI5tOne',
        ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'first',
        ACCESS_KEY_ID: 'LTAI5tTwo',
        SECRET_ACCESS_KEY: 'second',
      },
      signal: new AbortController().signal,
      stdout: { write: (text) => void (out += text) },
      stderr: { write: (text) => void (err += text) },
    })
    expect(code).toBe(1)
    expect(err).toContain('ALIBABA_CLOUD_ACCESS_KEY_ID and ACCESS_KEY_ID configure two different identities')
    expect(out).not.toContain('Serving probes')
    expect(paths).toEqual([])
  })

  it('waits for an unavailable API server without being ready, and continues when it responds', async () => {
    const key = Buffer.alloc(32).toString('base64')
    const name = 'ack-secret-manager-digest-key'
    const stop = new AbortController()
    let isAway = true
    const paths: string[] = []
    await using server = await wireServer((request, response) => {
      paths.push(request.path)
      if (isAway) return void response.destroy()
      if (request.url.includes('/externalsecrets')) stop.abort()
      response
        .setHeader('content-type', 'application/json')
        .end(JSON.stringify({ kind: 'Secret', metadata: { name }, data: { key } }))
    })
    let out = ''
    let err = ''
    const ended = runMain({
      argv: ['--kubeconfig', server.kubeconfig, '--metrics-bind-address=0', '--health-probe-bind-address=127.0.0.1:0'],
      env: {},
      signal: stop.signal,
      stdout: { write: (text) => void (out += text) },
      stderr: { write: (text) => void (err += text) },
    })
    await vi.waitFor(() => expect(out).toContain('Waiting for the API server'), WAIT)
    const [, port] = /healthPort"?[:=](\d+)/.exec(out) ?? []
    const probe = async (path: string): Promise<string> => {
      const result = await fetch(`http://127.0.0.1:${port}${path}`)
      return `${result.status} ${await result.text()}`
    }
    expect(await probe('/healthz')).toBe('200 ok\n')
    expect(await probe('/readyz')).toBe('503 not ready: API server unavailable\n')
    expect(new Set(paths)).toEqual(new Set(['/api/v1/namespaces/default/secrets/ack-secret-manager-digest-key']))
    isAway = false
    expect({ code: await ended, err }).toEqual({ code: 0, err: '' })
  })

  it.each([
    ['--metrics-bind-address', ['--health-probe-bind-address=0']],
    ['--health-probe-bind-address', ['--metrics-bind-address=0']],
  ])('names the flag of an address that is in use: %s', async (flag, others) => {
    await using server = await wireServer((_request, response) => response.destroy())
    await using taken = await startTestServer(() => undefined)
    let err = ''
    const code = await runMain({
      argv: ['--kubeconfig', server.kubeconfig, `${flag}=${taken.endpoint}`, ...others],
      env: {},
      signal: new AbortController().signal,
      stdout: { write: () => undefined },
      stderr: { write: (text) => void (err += text) },
    })
    expect([code, err]).toEqual([
      1,
      `ack-secret-manager: ${flag}: cannot listen on ${taken.endpoint} (EADDRINUSE); free the address, or choose another one\n`,
    ])
  })

  it('exits with 0 on a signal while the API server is unavailable', async () => {
    const stop = new AbortController()
    await using server = await wireServer((_request, response) => response.destroy())
    let err = ''
    const code = await runMain({
      argv: ['--kubeconfig', server.kubeconfig, '--metrics-bind-address=0', '--health-probe-bind-address=0'],
      env: {},
      signal: stop.signal,
      stdout: { write: (line) => line.includes('Waiting for the API server') && stop.abort() },
      stderr: { write: (text) => void (err += text) },
    })
    expect({ code, err }).toEqual({ code: 0, err: '' })
  })

  it.each([
    ['while it loads its digest key', true],
    ['after it started its probe servers', false],
  ])('exits with 0 after a signal %s', async (_when, isReading) => {
    const key = Buffer.alloc(32).toString('base64')
    const stop = new AbortController()
    await using server = await wireServer((request, response) => {
      if (!request.url.includes('digest-key')) return
      if (isReading) stop.abort()
      else
        response
          .setHeader('content-type', 'application/json')
          .end(JSON.stringify({ kind: 'Secret', metadata: { name }, data: { key } }))
    })
    let err = ''
    const code = await runMain({
      argv: ['--kubeconfig', server.kubeconfig, '--metrics-bind-address=0', '--health-probe-bind-address=0'],
      env: {},
      signal: stop.signal,
      stdout: { write: (line) => line.includes('Serving probes') && stop.abort() },
      stderr: { write: (text) => void (err += text) },
    })
    expect({ code, err }).toEqual({ code: 0, err: '' })
  })
})
