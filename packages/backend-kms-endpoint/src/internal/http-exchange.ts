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
  /** Where the socket is entered while it is open, with the exchange that uses it. */
  readonly open: Map<Socket, object | undefined>
}

/**
 * One HTTP call that a library makes on our behalf, seen and bounded from outside. The library gives neither status nor
 * headers of a failed call and cannot be aborted; Node tells every request it creates on a diagnostics channel, and the
 * async context tells whose it is. Nothing of the library or of Node is patched.
 */
export class HttpExchange {
  /** Why we ended it ourselves. */
  stopped: 'connect-timeout' | 'too-large' | 'not-utf8' | undefined
  /** How far it came. */
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
   * Runs `work`; the first HTTP request that it makes is this exchange's. Rejects with the signal's reason as soon as it
   * aborts, and ends the request then.
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

  /** Called on the channel, before anybody else has seen the request. */
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
    // A 'data' listener of ours would set the stream flowing before the library listens; 'resume' says that it does now.
    response.once('resume', () => this.#watchBody(response))
  }

  #watchBody(response: IncomingMessage): void {
    const { maxResponseBytes } = this.#options
    // The library replaces what is no UTF-8 by U+FFFD: a value must not be changed unnoticed.
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
    // By now the socket may already serve another call.
    if (this.#socket !== undefined && open.get(this.#socket) === this) open.set(this.#socket, undefined)
    this.#request = undefined
    this.#socket = undefined
  }
}

/**
 * httpx, below the SDK, starts a timer per call and leaves it running after the answer: it would keep 9 kB for as long as
 * the read's timeout. The timer hangs on the socket under a symbol; if that is named otherwise one day, memory is all it costs.
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

/** Published by Node for each outgoing request when it is made. Node.js documentation, "Diagnostics Channel". */
const CHANNEL = 'http.client.request.created'

const current = new AsyncLocalStorage<HttpExchange>()
let listeners = 0

function onCreated(message: unknown): void {
  const exchange = current.getStore()
  if (exchange === undefined || typeof message !== 'object' || message === null || !('request' in message)) return
  if (message.request instanceof ClientRequest) exchange.observe(message.request)
}

/** Subscribed only while a call is under way. Returns the way to stop. */
function listen(): () => void {
  if (listeners === 0) subscribe(CHANNEL, onCreated)
  listeners += 1
  return () => {
    listeners -= 1
    if (listeners === 0) unsubscribe(CHANNEL, onCreated)
  }
}
