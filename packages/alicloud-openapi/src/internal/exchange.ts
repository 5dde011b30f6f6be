import type { Dispatcher } from 'undici'
import type { HttpsResponse } from '../https-response.ts'
import type { ResponseHeaders } from '../response-headers.ts'

/** One request and its whole response. `Dispatcher.request` would make a stream for each body, which costs half as much CPU again. */
export class Exchange implements Dispatcher.DispatchHandler {
  /** Rejects with the error of undici, or the reason of the signal. */
  readonly response: Promise<HttpsResponse>
  readonly #signal: AbortSignal
  readonly #chunks: Buffer[] = []
  #resolve: (response: HttpsResponse) => void = () => undefined
  #reject: (error: unknown) => void = () => undefined
  #controller: Dispatcher.DispatchController | undefined
  #status: number | undefined
  #headers: ResponseHeaders = {}

  /** Sends the request unless the signal is aborted. */
  constructor(dispatcher: Dispatcher, request: Dispatcher.DispatchOptions, signal: AbortSignal) {
    this.#signal = signal
    this.response = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    if (signal.aborted) {
      this.#reject(signal.reason)
      return
    }
    signal.addEventListener('abort', this.#onAbort)
    dispatcher.dispatch(request, this)
  }

  /** Whether a part of the response has arrived. */
  get hasBegun(): boolean {
    return this.#status !== undefined
  }

  /** The request may have waited for its connection until now. */
  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#signal.aborted) controller.abort(this.#signal.reason)
  }

  /** Also called for informational responses before the one that counts. */
  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: ResponseHeaders): void {
    this.#status = status
    this.#headers = headers
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#chunks.push(chunk)
  }

  onResponseEnd(): void {
    this.#signal.removeEventListener('abort', this.#onAbort)
    this.#resolve({ status: this.#status ?? 0, headers: this.#headers, body: Buffer.concat(this.#chunks) })
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#signal.removeEventListener('abort', this.#onAbort)
    this.#reject(error)
  }

  readonly #onAbort = (): void => {
    this.#signal.removeEventListener('abort', this.#onAbort)
    this.#reject(this.#signal.reason)
    this.#controller?.abort(this.#signal.reason)
  }
}
