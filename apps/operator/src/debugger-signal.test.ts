import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, it, vi } from 'vitest'
import { wireServer } from './testing/wire-server.ts'

const BIN = fileURLToPath(new URL('../bin/ack-secret-manager.mjs', import.meta.url))
const WAIT = { timeout: 60_000 }

/** Starts the operator, sends SIGUSR1, waits for a response, and stops it. */
async function signalled(...nodeArgs: string[]): Promise<{ code: number | null; hasDebugger: boolean }> {
  await using server = await wireServer((_request, response) => response.destroy())
  const flags = ['--metrics-bind-address=0', '--health-probe-bind-address=127.0.0.1:0', '--leader-elect=false']
  const child = spawn(process.execPath, [...nodeArgs, BIN, '--kubeconfig', server.kubeconfig, ...flags])
  const exited = once(child, 'exit')
  let out = ''
  let err = ''
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
  try {
    await vi.waitFor(() => expect(out).toContain('Waiting for the API server'), WAIT)
    child.kill('SIGUSR1')
    const [, port] = /healthPort"?[:=](\d+)/.exec(out) ?? []
    for (let turn = 0; turn < 3; turn += 1) expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200)
  } finally {
    child.kill('SIGTERM')
  }
  const [code] = (await exited) as [number | null]
  return { code, hasDebugger: err.includes('Debugger listening') }
}

it('SIGUSR1 neither opens a debugger nor stops the process', { timeout: 180_000 }, async () => {
  expect(await signalled('--inspect-port=0')).toEqual({ code: 0, hasDebugger: false })
})

it('opens a debugger with --inspect', { timeout: 180_000 }, async () => {
  expect(await signalled('--inspect=127.0.0.1:0')).toEqual({ code: 0, hasDebugger: true })
})
