import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { WasmEngine } from './wasm-engine.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'go-template-'))
  cpSync(new URL('../wasm/', import.meta.url), directory, { recursive: true })
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

const load = async (): Promise<WasmEngine> => WasmEngine.load(pathToFileURL(`${directory}/`))

it('loads the committed engine', async () => {
  expect((await load()).functions().size).toBeGreaterThan(200)
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
])('does not load an engine %s', async (_what, message, spoil) => {
  spoil()
  await expect(load()).rejects.toThrow(message)
})
