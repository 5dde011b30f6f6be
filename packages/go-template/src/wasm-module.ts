import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { brotliDecompress } from 'node:zlib'

/** The module is next to the built code, or in `wasm/` next to the sources. */
const MODULE_DIRECTORY = new URL(import.meta.url.endsWith('.ts') ? '../wasm/' : './', import.meta.url)

/** Read in one piece, because joining chunks would need the memory twice. */
const DECOMPRESSION = { chunkSize: 16_777_216, maxOutputLength: 67_108_864 }

/** Reads, checks and compiles the module. @throws Error when it is missing or not the one that was built */
export async function compileModule(directory: URL = MODULE_DIRECTORY): Promise<WebAssembly.Module> {
  const [compressed, checksum] = await Promise.all([
    readFile(new URL('go-template.wasm.br', directory)),
    readFile(new URL('go-template.wasm.sha256', directory), 'utf8'),
  ])
  const bytes = await promisify(brotliDecompress)(compressed, DECOMPRESSION)
  if (createHash('sha256').update(bytes).digest('hex') !== checksum.split(' ')[0]) {
    throw new Error('go-template.wasm.br is not what go-template.wasm.sha256 says')
  }
  return WebAssembly.compile(bytes)
}
