import { cpSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { directoryOfTest } from '@ack-secret-manager/test-support/directories'
import { beforeEach, expect, it } from 'vitest'
import { WasmEngine } from './wasm-engine.ts'
import { compileModule } from './wasm-module.ts'

let directory: string
beforeEach(async () => {
  directory = await directoryOfTest()
  cpSync(new URL('../wasm/', import.meta.url), directory, { recursive: true })
})

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
