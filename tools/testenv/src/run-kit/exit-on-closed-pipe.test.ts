import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { directoryOfTest } from '@ack-secret-manager/test-support/directories'
import { expect, it } from 'vitest'

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url))

/** Runs a program of the tools whose output was closed before the first line. */
async function unread(argv: readonly string[], env: NodeJS.ProcessEnv = process.env) {
  const child = spawn(process.execPath, ['--conditions=@ack-secret-manager/source', ...argv], {
    cwd: ROOT,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  child.stdout.destroy()
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, said }
}

it.each([
  ['the bill of materials', ['tools/published/src/sbom.ts']],
  ['the schedule of chaos', ['e2e/chaos/src/main.ts', '--seed', '1', '--print-schedule']],
  ['the help of chaos', ['e2e/chaos/src/main.ts', '--help']],
  ['the help of the benchmark', ['tools/bench/src/main.ts', '--help']],
  ['the help of the soak', ['e2e/soak/src/main.ts', '--help']],
  ['the help of the demo', ['tools/demo/src/main.ts', '--help']],
  ['the help of the control plane', ['tools/control-plane/src/main.ts', '--help']],
])('%s exits silently when its output is closed', { timeout: 180_000 }, async (_what, argv) => {
  expect(await unread(argv)).toEqual({ code: 141, said: '' })
})

it.each([
  ['acksm crds', ['apps/cli/src/main.ts', 'crds']],
  ['acksm --help', ['apps/cli/src/main.ts', '--help']],
  ['kms-simulator --help', ['packages/kms-simulator/src/main.ts', '--help']],
  ['kms-simulator', ['packages/kms-simulator/src/main.ts', '--seed', 'examples/seeds/quickstart.yaml']],
  ['ack-secret-manager --help', ['apps/operator/src/start.ts', '--help']],
])('%s exits when its output is closed', { timeout: 180_000 }, async (_what, argv) => {
  expect(await unread(argv)).toMatchObject({ code: expect.any(Number), said: '' })
})

it('a program with a temporary directory removes it', { timeout: 180_000 }, async () => {
  const directory = await directoryOfTest()
  const module = new URL('./in-scratch.ts', import.meta.url).href
  const script = `
    const { inScratch } = await import('${module}')
    await inScratch('unread', () => new Promise(() => setInterval(() => process.stdout.write('line'), 1)))`
  const ended = await unread(['--input-type=module', '--eval', script], { ...process.env, TMPDIR: directory })
  expect({ ...ended, left: await readdir(directory) }).toEqual({ code: 141, said: '', left: [] })
})
