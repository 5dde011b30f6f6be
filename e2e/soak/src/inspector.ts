import { createWriteStream } from 'node:fs'
import { once } from 'node:events'
import type { Program } from '@ack-secret-manager/testenv'

/** Flag that enables the inspector on a free local port. */
export const INSPECTABLE = '--inspect=127.0.0.1:0'

/** Memory in use after garbage collection, in bytes. */
export interface MemoryInUse {
  readonly heapUsedBytes: number
  /** Buffers, and what libraries in C++ and WebAssembly hold for objects. */
  readonly externalBytes: number
}

interface Message {
  readonly id?: number
  readonly error?: { readonly message: string }
  readonly result?: unknown
  readonly method?: string
  readonly params?: { readonly chunk?: string }
}

const DEADLINE_MS = 60_000
/** Callbacks of one collection free objects that the next one collects. */
const COLLECTIONS = 3

/** Inspects a running Node process with the Chrome DevTools protocol. */
export class Inspector implements AsyncDisposable {
  readonly #socket: WebSocket
  readonly #calls = new Map<number, (message: Message) => void>()
  #onChunk: (chunk: string) => void = () => undefined
  #lastId = 0

  private constructor(socket: WebSocket) {
    this.#socket = socket
    socket.addEventListener('message', ({ data }) => this.#onMessage(JSON.parse(String(data)) as Message))
    socket.addEventListener('close', () => {
      for (const finish of this.#calls.values()) finish({ error: { message: 'the process has hung up' } })
    })
  }

  /** @param program started with {@link INSPECTABLE} */
  static async attach(program: Program): Promise<Inspector> {
    const url = await program.line((line) => /^Debugger listening on (ws:\S+)$/.exec(line)?.[1])
    const socket = new WebSocket(url)
    await once(socket, 'open', { signal: AbortSignal.timeout(DEADLINE_MS) })
    return new Inspector(socket)
  }

  /** Collects garbage and measures the rest. */
  async memoryInUse(): Promise<MemoryInUse> {
    for (let count = 0; count < COLLECTIONS; count += 1) await this.#call('HeapProfiler.collectGarbage')
    const expression = 'JSON.stringify(process.memoryUsage())'
    const { result } = (await this.#call('Runtime.evaluate', { expression })) as { result: { value: string } }
    const { heapUsed, external } = JSON.parse(result.value) as NodeJS.MemoryUsage
    return { heapUsedBytes: heapUsed, externalBytes: external }
  }

  /** Writes a heap snapshot for Chrome. It contains every secret of the process. */
  async writeSnapshot(file: string): Promise<void> {
    const stream = createWriteStream(file, { mode: 0o600 })
    this.#onChunk = (chunk) => stream.write(chunk)
    await this.#call('HeapProfiler.takeHeapSnapshot')
    stream.end()
    await once(stream, 'close')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close()
  }

  async #call(method: string, params: object = {}): Promise<unknown> {
    this.#lastId += 1
    const id = this.#lastId
    const { error, result } = await new Promise<Message>((resolve) => {
      const late = { error: { message: `no response in ${DEADLINE_MS} ms` } }
      const timer = setTimeout(() => resolve(late), DEADLINE_MS)
      this.#calls.set(id, (response) => {
        clearTimeout(timer)
        resolve(response)
      })
      this.#socket.send(JSON.stringify({ id, method, params }))
    })
    this.#calls.delete(id)
    if (error) throw new Error(`${method}: ${error.message}`)
    return result
  }

  #onMessage(message: Message): void {
    if (message.params?.chunk !== undefined) this.#onChunk(message.params.chunk)
    if (message.id !== undefined) this.#calls.get(message.id)?.(message)
  }
}
