import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants } from 'node:zlib'
import { TEMPLATE_LIMITS } from '../limits.ts'
import { go, WASM_TARGET } from './go-toolchain.ts'
import { withMemoryMaximum } from './memory-maximum.ts'

/** Builds the engine: the same bytes on every machine that has the pinned Go. */
export async function buildWasm(): Promise<Uint8Array> {
  const directory = await mkdtemp(path.join(tmpdir(), 'go-template-'))
  try {
    const file = path.join(directory, 'go-template.wasm')
    const flags = ['-buildmode=c-shared', '-trimpath', '-buildvcs=false', '-mod=readonly', '-ldflags=-s -w -buildid=']
    await go(['build', ...flags, '-o', file, './wasm'], WASM_TARGET)
    return withMemoryMaximum(await readFile(file), TEMPLATE_LIMITS.memoryBytes)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

/** Writes the compressed module and its checksum. */
export async function writeWasm(module: Uint8Array, directory: URL): Promise<void> {
  const compressed = await promisify(brotliCompress)(module, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
      [constants.BROTLI_PARAM_SIZE_HINT]: module.length,
    },
  })
  await writeFile(new URL('go-template.wasm.br', directory), compressed)
  await writeFile(new URL('go-template.wasm.sha256', directory), `${sha256(module)}  go-template.wasm\n`)
}

/** In hexadecimal digits, as `sha256sum` writes it. */
export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
