import { AsyncLocalStorage } from 'node:async_hooks'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { ClientRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { Clock, ClockTimer } from '@ack-secret-manager/core'

/** Options of {@link HttpExchange}. */
export interface HttpExchangeOptions {
  readonly signal: AbortSignal
  readonly clock: Clock
  readonly connectTimeoutMs: number
  readonly maxResponseBytes: number
  /** Open sockets with the exchange that uses each. */
  readonly open: Map<Socket, object | undefined>
}

/**
 * Observes and limits one HTTP call of the SDK. The SDK exposes neither status nor headers of a failed call and cannot be
 * aborted. Node publishes each request on a diagnostics channel, and the async context identifies its exchange. Nothing
 * is patched for it.
 */
export class HttpExchange {
  /** Why this exchange aborted the request. */
  stopped: 'connect-timeout' | 'too-large' | 'not-utf8' | undefined
  /** Progress of the request. */
  progress: 'none' | 'requested' | 'head' | 'complete' = 'none'
  status: number | undefined
  headers: IncomingHttpHeaders = {}
  readonly #options: HttpExchangeOptions
  #request: ClientRequest | undefined
  #socket: Socket | undefined
  #connectTimer: ClockTimer | undefined
  constructor(options: HttpExchangeOptions) {
    this.#options = options
  }

  /**
   * Runs `work` and observes its first HTTP request. When the signal aborts, it aborts the request and rejects with the
   * signal's reason.
   */
  async run<T>(work: () => Promise<T>): Promise<T> {
    const { signal } = this.#options
    const stopListening = listen()
    let onAbort = (): void => undefined
    const aborted = new Promise<never>((_resolve, reject) => {
      onAbort = () => {
        this.#request?.destroy()
        reject(signal.reason as Error)
      }
      signal.addEventListener('abort', onAbort, { once: true })
    })
    try {
      return await Promise.race([current.run(this, work), aborted])
    } finally {
      signal.removeEventListener('abort', onAbort)
      stopListening()
      this.#release()
    }
  }

  /** Called by the diagnostics channel before the request is sent. */
  observe(request: ClientRequest): void {
    if (this.#request !== undefined) return
    this.#request = request
    this.progress = 'requested'
    if (this.#options.signal.aborted) request.destroy()
    request.once('socket', (socket: Socket) => this.#onSocket(request, socket))
    request.once('response', (response: IncomingMessage) => this.#onResponse(response))
  }

  #onSocket(request: ClientRequest, socket: Socket): void {
    const { open, clock, connectTimeoutMs } = this.#options
    if (!open.has(socket)) socket.once('close', () => open.delete(socket))
    open.set(socket, this)
    this.#socket = socket
    if (request.reusedSocket) return
    this.#connectTimer = clock.setTimeout(() => this.#stop('connect-timeout'), connectTimeoutMs)
    socket.once('secureConnect', () => this.#connectTimer?.cancel())
  }

  #onResponse(response: IncomingMessage): void {
    this.progress = 'head'
    this.status = response.statusCode
    this.headers = response.headers
    response.once('end', () => {
      this.progress = 'complete'
      if (this.#socket !== undefined) clearReadTimer(this.#socket)
    })
    // A 'data' listener would start the stream before the SDK listens, so wait until the SDK resumes it.
    response.once('resume', () => this.#watchBody(response))
  }

  #watchBody(response: IncomingMessage): void {
    const { maxResponseBytes } = this.#options
    // The SDK replaces invalid UTF-8 by U+FFFD, which would silently change a value.
    const decoder = new TextDecoder('utf-8', { fatal: true })
    let sizeBytes = 0
    const check = (chunk: Uint8Array | undefined): void => {
      sizeBytes += chunk?.length ?? 0
      if (sizeBytes > maxResponseBytes) this.#stop('too-large')
      else if (!isUtf8(decoder, chunk)) this.#stop('not-utf8')
    }
    response.on('data', check)
    response.once('end', () => check(undefined))
  }

  #stop(why: NonNullable<HttpExchange['stopped']>): void {
    this.stopped ??= why
    this.#request?.destroy()
  }

  #release(): void {
    this.#connectTimer?.cancel()
    const { open } = this.#options
    // The socket may already serve another call.
    if (this.#socket !== undefined && open.get(this.#socket) === this) open.set(this.#socket, undefined)
    this.#request = undefined
    this.#socket = undefined
  }
}

/**
 * Clears the timer that httpx, below the SDK, leaves running after the response. It would keep 9 kB until the timeout of the
 * read. If a later version renames the symbol, only that memory is lost.
 */
function clearReadTimer(socket: Socket): void {
  for (const symbol of Object.getOwnPropertySymbols(socket)) {
    if (symbol.description === 'TIMER::READ_TIMER')
      clearTimeout(Reflect.get(socket, symbol) as NodeJS.Timeout | undefined)
  }
}

function isUtf8(decoder: TextDecoder, chunk: Uint8Array | undefined): boolean {
  try {
    decoder.decode(chunk, { stream: chunk !== undefined })
    return true
  } catch {
    return false
  }
}

/** Node publishes each outgoing request here when it is created. Node.js documentation, "Diagnostics Channel". */
const CHANNEL = 'http.client.request.created'

const current = new AsyncLocalStorage<HttpExchange>()
let listeners = 0

function onCreated(message: unknown): void {
  const exchange = current.getStore()
  if (exchange === undefined || typeof message !== 'object' || message === null || !('request' in message)) return
  if (message.request instanceof ClientRequest) exchange.observe(message.request)
}

/** Subscribes while at least one call is running. Returns the function that unsubscribes. */
function listen(): () => void {
  if (listeners === 0) subscribe(CHANNEL, onCreated)
  listeners += 1
  return () => {
    listeners -= 1
    if (listeners === 0) unsubscribe(CHANNEL, onCreated)
  }
}
