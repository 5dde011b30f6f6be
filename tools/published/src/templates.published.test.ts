import { once } from 'node:events'
import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { Worker } from 'node:worker_threads'
import { directoryOfTests } from '@ack-secret-manager/test-support/directories'
import { expect, it } from 'vitest'
import { pack } from './pack.ts'
import { run, workspaces } from './workspaces.ts'

const directory = directoryOfTests()

it('the packed package renders templates in an empty folder', async () => {
  const home = path.join(directory, 'home')
  mkdirSync(home)
  const packed = workspaces().filter(({ name }) => /\/(?:core|go-template)$/.test(name))
  const entries = packed.map(async (each) => [each.name, `file:${await pack(each, directory)}`] as const)
  const dependencies = Object.fromEntries(await Promise.all(entries))
  writeFileSync(path.join(home, 'package.json'), JSON.stringify({ type: 'module', private: true, dependencies }))
  await run('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error', '--ignore-scripts', '--offline'], home)
  const script = `
    const { Sensitive } = await import('@ack-secret-manager/core')
    const { GoTemplateRenderer } = await import('@ack-secret-manager/go-template')
    const renderer = new GoTemplateRenderer()
    const request = { templates: [{ name: 't', text: '{{ .a | upper }}' }], data: new Map([['a', new Sensitive(Buffer.from('x'))]]), seed: '' }
    const [output] = await renderer.render(request, { signal: AbortSignal.timeout(120_000) })
    console.log(Buffer.from(output.expose()).toString())
    await renderer.close()`
  expect(await run('node', ['--input-type=module', '-e', script], home)).toBe('X\n')
}, 300_000)

it.each(['operator', 'cli'])(
  'the engine starts from the built %s in any folder',
  async (app) => {
    const copy = path.join(directory, app)
    const built = workspaces().find(({ name }) => name === `@ack-secret-manager/${app}`)?.directory ?? ''
    cpSync(path.join(built, 'dist'), copy, { recursive: true })
    const progress = new Int32Array(new SharedArrayBuffer(4))
    const worker = new Worker(path.join(copy, 'go-template-worker.js'), {
      workerData: { progress },
      env: {},
      execArgv: [],
    })
    expect(await once(worker, 'message')).toEqual([{ kind: 'ready', module: expect.any(WebAssembly.Module) }])
    await worker.terminate()
  },
  180_000,
)
