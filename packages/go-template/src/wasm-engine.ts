import { Wasi } from './wasi.ts'
import { decodeFunctions, decodeResult, type EngineResult } from './engine-response.ts'

/** Why the engine was lost. It cannot be used again. */
export class EngineLost extends Error {
  override readonly name = 'EngineLost'
  readonly reason: 'memory' | 'depth' | 'defect'

  constructor(reason: EngineLost['reason']) {
    super(`the engine is lost: ${reason}`)
    this.reason = reason
  }
}

/** Name of the WASI start function of a library. */
const START = '_initialize'

interface EngineExports {
  readonly memory: WebAssembly.Memory
  [START](): void
  reserve(size: number): number
  accept(): void
  render(template: number): number
  functions(): number
  response(): number
}

/** Go's templates as a WebAssembly instance in this thread. It cannot be interrupted, so it runs in a worker. */
export class WasmEngine {
  readonly #wasi: Wasi
  readonly #exports: EngineExports

  private constructor(wasi: Wasi, exports: EngineExports) {
    this.#wasi = wasi
    this.#exports = exports
  }

  /** Starts a compiled module, which may run in other threads too. */
  static async start(module: WebAssembly.Module): Promise<WasmEngine> {
    const wasi = new Wasi()
    const { exports } = await WebAssembly.instantiate(module, wasi.imports(module))
    const engine = new WasmEngine(wasi, exports as unknown as EngineExports)
    wasi.memory = engine.#exports.memory
    engine.#exports[START]()
    return engine
  }

  /**
   * Renders the templates of an encoded request lazily, one after the other.
   * @throws EngineLost when the engine did not survive one of them
   */
  *render(request: Uint8Array, templates: number): Generator<EngineResult, void, void> {
    this.#guard(() => {
      const at = this.#exports.reserve(request.length)
      this.#memory(at, request.length).set(request)
      this.#exports.accept()
      this.#memory(at, request.length).fill(0)
    })
    for (let i = 0; i < templates; i += 1)
      yield this.#guard(() => this.#decodeResponse(this.#exports.render(i), decodeResult))
  }

  /** Functions that templates can call besides Go's own, and those of Sprig that they cannot, with the reason. */
  functions(): ReadonlyMap<string, string> {
    return this.#guard(() => this.#decodeResponse(this.#exports.functions(), decodeFunctions))
  }

  #decodeResponse<T>(length: number, decode: (bytes: Uint8Array) => T): T {
    const bytes = this.#memory(this.#exports.response(), length)
    const decoded = decode(bytes)
    bytes.fill(0)
    return decoded
  }

  #memory(at: number, length: number): Uint8Array {
    return new Uint8Array(this.#exports.memory.buffer, at, length)
  }

  #guard<T>(work: () => T): T {
    try {
      return work()
    } catch (error) {
      throw new EngineLost(this.#reasonOf(error))
    }
  }

  #reasonOf(error: unknown): EngineLost['reason'] {
    if (error instanceof RangeError && error.message.includes('call stack')) return 'depth'
    return this.#wasi.lastWords.includes('out of memory') ? 'memory' : 'defect'
  }
}
