import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { WasmEngine } from './wasm-engine.ts'
import { compileModule } from './wasm-module.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'go-template-'))
  cpSync(new URL('../wasm/', import.meta.url), directory, { recursive: true })
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

const compile = async (): Promise<WebAssembly.Module> => compileModule(pathToFileURL(`${directory}/`))

it('compiles the committed engine, which starts', async () => {
  const engine = await WasmEngine.start(await compile())
  expect(engine.functions().size).toBeGreaterThan(200)
})

it.each([
  [
    'with another checksum',
    /sha256/,
    () => writeFileSync(path.join(directory, 'go-template.wasm.sha256'), `${'0'.repeat(64)}  x\n`),
  ],
  [
    'that is truncated',
    /end of file|Decompression/,
    () => writeFileSync(path.join(directory, 'go-template.wasm.br'), Buffer.alloc(10)),
  ],
  ['that is missing', /ENOENT/, () => rmSync(path.join(directory, 'go-template.wasm.br'))],
])('does not compile an engine %s', async (_what, message, spoil) => {
  spoil()
  await expect(compile()).rejects.toThrow(message)
})
