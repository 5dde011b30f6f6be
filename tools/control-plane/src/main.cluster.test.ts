import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, vi } from 'vitest'
import { openApi } from './api-client.ts'
import { clusterAvailable } from './testing.ts'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))

const file = (name: string): string => fileURLToPath(new URL(name, import.meta.url))

function run(name: string, ...args: string[]): ChildProcessByStdio<null, Readable, Readable> {
  const node = ['--conditions=@ack-secret-manager/source', file(name), ...args]
  return spawn(process.execPath, node, { stdio: ['ignore', 'pipe', 'pipe'] })
}

async function kubeconfigOf(child: { readonly stdout: Readable }): Promise<string> {
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
  return line
}

describe.skipIf(!clusterAvailable)('npm run control-plane', () => {
  it('prints a kubeconfig that works, and exits on SIGTERM', async () => {
    const child = run('./main.ts', '--controller-manager=false')
    const progress = text(child.stderr)
    const kubeconfig = await kubeconfigOf(child)
    const api = openApi(await readFile(kubeconfig, 'utf8'))
    expect((await api.request('GET', '/readyz')).status).toBe(200)
    await api.close()
    child.kill('SIGTERM')
    expect(await once(child, 'exit')).toEqual([0, null])
    expect(existsSync(path.dirname(kubeconfig))).toBe(false)
    expect(await progress).toMatch(/^control plane: starting\ncontrol plane: ready at https:.*\n.*stopping\n$/)
  })

  it.each([
    ['npm alone gets SIGTERM', 1, 'SIGTERM'],
    ['Ctrl-C reaches the process group of npm', -1, 'SIGINT'],
  ] as const)('leaves nothing behind when %s', async (_how, sign, signal) => {
    const argv = ['run', '--silent', 'control-plane', '--', '--controller-manager=false']
    const child = spawn('npm', argv, { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'], detached: true })
    const kubeconfig = await kubeconfigOf(child)
    process.kill(sign * (child.pid ?? NaN), signal)
    await once(child, 'exit')
    await expect.poll(() => existsSync(path.dirname(kubeconfig))).toBe(false)
  })

  it.skipIf(process.env.KUBEBUILDER_ASSETS)('leaves nothing behind when it is killed', async () => {
    const child = run('./main.ts', '--controller-manager=false')
    const kubeconfig = await kubeconfigOf(child)
    const api = openApi(await readFile(kubeconfig, 'utf8'))
    child.kill('SIGKILL')
    await once(child, 'exit')
    await expect.poll(() => existsSync(path.dirname(kubeconfig)), { timeout: 120_000 }).toBe(false)
    await expect
      .poll(() => api.request('GET', '/readyz').catch((error: NodeJS.ErrnoException) => error.code), {
        timeout: 120_000,
      })
      .toBe('ECONNREFUSED')
    await api.close()
  })
})

describe('flags', () => {
  it.each([
    [['--port', 'x'], 2, /^control-plane: --port x: expected a port.*\n$/],
    [['--nonsense'], 2, /^control-plane: unknown option '--nonsense'.*\n$/],
  ])('%j exits with %d', async (args, code, problem) => {
    const child = run('./main.ts', ...args)
    expect(await text(child.stderr)).toMatch(problem)
    expect(child.exitCode ?? (await once(child, 'exit'))[0]).toBe(code)
  })

  it('--help lists the flags', async () => {
    expect(await text(run('./main.ts', '--help').stdout)).toContain('--audit')
  })
})

describe.skipIf(!clusterAvailable)('README', () => {
  it('shows the tested example', async () => {
    const readme = await readFile(file('../README.md'), 'utf8')
    const block = /```ts\n([\s\S]*?)```/.exec(readme)?.[1]
    expect(block).toBe(await readFile(file('./readme.example.ts'), 'utf8'))
    const print = vi.spyOn(console, 'log').mockReturnValue()
    await import('./readme.example.ts')
    expect(print.mock.calls.flat().join('\n')).toMatch(
      /^Kubernetes v1\.\d+\.\d+ at https:\/\/127\.0\.0\.1:\d+\nKUBECONFIG=.*\nas jane: /,
    )
    print.mockRestore()
  })
})
