import { writeFile } from 'node:fs/promises'
import { buildWasm, sha256, writeWasm } from './build-wasm.ts'
import { whyNoGo } from './go-toolchain.ts'
import { licenses } from './licenses.ts'

const problem = await whyNoGo()
if (problem !== undefined) throw new Error(`The engine cannot be built: ${problem}.`)
const module = await buildWasm()
const directory = new URL('../../wasm/', import.meta.url)
await writeWasm(module, directory)
await writeFile(new URL('go-template.wasm.LICENSES.txt', directory), await licenses())
console.info(`${module.length} bytes, sha256 ${sha256(module)}`)
