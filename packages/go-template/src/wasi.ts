const SUCCESS = 0
const BAD_FILE_DESCRIPTOR = 8
/** Maximum length of Go's final output, in bytes. */
const LAST_WORDS = 256

/**
 * The WASI of the engine: no files, arguments, environment or network, a fixed clock and fixed random numbers, so that equal
 * requests have equal results. With a running clock, Go's garbage collector would also wait for idle time, which a thread
 * without pauses never has.
 */
export class Wasi {
  #memory: WebAssembly.Memory | undefined
  #lastWords = ''

  /** The memory of the engine, after its start. */
  set memory(memory: WebAssembly.Memory) {
    this.#memory = memory
  }

  /** Start of Go's output on a crash. May contain values. */
  get lastWords(): string {
    return this.#lastWords
  }

  /** The imports of the module. Functions for files report that there are none. */
  imports(module: WebAssembly.Module): WebAssembly.Imports {
    const known: Readonly<Record<string, (...args: number[]) => number>> = {
      args_get: () => SUCCESS,
      args_sizes_get: (count = 0, size = 0) => this.#writeNumbers([count, 0], [size, 0]),
      environ_get: () => SUCCESS,
      environ_sizes_get: (count = 0, size = 0) => this.#writeNumbers([count, 0], [size, 0]),
      // Go does not start if the clock is zero.
      clock_time_get: (_clock, _precision, time = 0) => this.#writeNumbers([time, 1], [time + 4, 0]),
      random_get: (at = 0, length = 0) => {
        this.#bytes(at, length).fill(1)
        return SUCCESS
      },
      sched_yield: () => SUCCESS,
      // Go calls this before it exits.
      poll_oneoff: (_in, _out, _subscriptions, events = 0) => this.#writeNumbers([events, 1]),
      fd_write: (_file, at = 0, count = 0, written = 0) => this.#listen(at, count, written),
      proc_exit: () => {
        throw new Error('the engine has ended')
      },
    }
    const all = WebAssembly.Module.imports(module).map(({ name }) => [name, known[name] ?? (() => BAD_FILE_DESCRIPTOR)])
    return { wasi_snapshot_preview1: Object.fromEntries(all) as WebAssembly.ModuleImports }
  }

  #bytes(at: number, length: number): Uint8Array {
    if (!this.#memory) throw new Error('the engine has no memory yet')
    return new Uint8Array(this.#memory.buffer, at, length)
  }

  #writeNumbers(...numbers: ReadonlyArray<readonly [at: number, value: number]>): number {
    for (const [at, value] of numbers) {
      const bytes = this.#bytes(at, 4)
      new DataView(bytes.buffer, bytes.byteOffset, 4).setUint32(0, value, true)
    }
    return SUCCESS
  }

  #listen(at: number, count: number, written: number): number {
    let total = 0
    for (let i = 0; i < count; i += 1) {
      const [start = 0, length = 0] = new Uint32Array(this.#bytes(at + 8 * i, 8).slice().buffer)
      total += length
      if (this.#lastWords.length < LAST_WORDS) this.#lastWords += new TextDecoder().decode(this.#bytes(start, length))
    }
    return this.#writeNumbers([written, total])
  }
}
