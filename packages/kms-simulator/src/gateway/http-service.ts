import { randomUUID } from 'node:crypto'
import type { Clock } from '@ack-secret-manager/core'
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import type { ServiceResponse, ResponseContext } from './response.ts'
import { ApiError } from './api-error.ts'
import type { CallLog } from './call-log.ts'
import { readBody } from './http-body.ts'
import { sendResponse } from './send-response.ts'

/** A completely received request. */
export interface RawRequest {
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  /** Calls back when the client has disconnected, or has received the response. */
  readonly onDisconnect: (listener: () => void) => void
}

/** Details of a request in progress, filled step by step, so that a rejected request is counted with them. */
export interface Progress {
  action: string
  secret: string
  identity: string
  result: string
  /** Added to the delay of the response. */
  delayMs: number
}

/** Handler of a service. */
export interface ServiceDesk {
  /** As in the troubleshooting link of an error. */
  readonly name: string
  readonly maxBodyBytes: number
  /** @throws ApiError for errors that {@link refuse} turns into a response */
  respond(request: RawRequest, progress: Progress, context: ResponseContext): ServiceResponse | Promise<ServiceResponse>
  /** An error in the form of this service. */
  refuse(error: ApiError, context: ResponseContext): ServiceResponse
}

/** Settings that all services of a simulator share. */
export interface ServiceSurroundings {
  readonly calls: CallLog
  /** Time of the `Date` header. */
  readonly clock: Pick<Clock, 'now'>
  /** Delay of every response in milliseconds. */
  readonly latencyMs: number
  /** Receives errors of the simulator itself; the client gets 500 `InternalFailure`. */
  readonly onDefect: (error: unknown) => void
}

/** Receives requests, passes them to a handler, counts them, and sends the responses. */
export class HttpService {
  readonly #desk: ServiceDesk
  readonly #surroundings: ServiceSurroundings

  constructor(desk: ServiceDesk, surroundings: ServiceSurroundings) {
    this.#desk = desk
    this.#surroundings = surroundings
  }

  /** Handles one request completely; `reset` cuts its connection. Never rejects. */
  async handle(request: IncomingMessage, outgoing: ServerResponse, reset: () => void): Promise<void> {
    let body: Buffer | undefined
    try {
      body = await readBody(request, this.#desk.maxBodyBytes)
    } catch {
      // The client disconnected while it sent the body.
      reset()
      return
    }
    outgoing.setHeader('date', new Date(this.#surroundings.clock.now()).toUTCString())
    const requestId = randomUUID()
    const context = { requestId, product: this.#desk.name, hostId: request.headers.host ?? '' }
    const { response, delayMs } = await this.#play(request, { body, context, outgoing })
    const send = (): void => sendResponse(outgoing, response, requestId, reset)
    const totalMs = this.#surroundings.latencyMs + delayMs
    if (totalMs === 0) send()
    // The connection keeps the process alive, not the timer.
    else setTimeout(send, totalMs).unref()
  }

  async #play(
    raw: IncomingMessage,
    {
      body,
      context,
      outgoing,
    }: { readonly body: Buffer | undefined; readonly context: ResponseContext; readonly outgoing: ServerResponse },
  ): Promise<{ response: ServiceResponse; delayMs: number }> {
    const progress: Progress = { action: '(unknown)', secret: '', identity: '', result: 'OK', delayMs: 0 }
    let response: ServiceResponse
    try {
      if (body === undefined) throw new ApiError(413, 'RequestEntityTooLarge', 'The request body is too large.')
      const onDisconnect = (listener: () => void): void => void outgoing.once('close', listener)
      const request = { method: raw.method ?? '', url: raw.url ?? '', headers: raw.headers, body, onDisconnect }
      response = await this.#desk.respond(request, progress, context)
    } catch (error) {
      if (!(error instanceof ApiError)) this.#surroundings.onDefect(error)
      const known = error instanceof ApiError ? error : new ApiError(500, 'InternalFailure', 'Internal Failure')
      progress.result = known.code
      response = this.#desk.refuse(known, context)
    }
    const { delayMs, ...counted } = progress
    this.#surroundings.calls.record(counted)
    return { response, delayMs }
  }
}
