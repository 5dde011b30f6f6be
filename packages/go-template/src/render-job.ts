import { type RenderRequest, SecretSyncError, type Sensitive } from '@ack-secret-manager/core'

/** Result of a request. */
export type Outputs = readonly Sensitive<Uint8Array>[]

/** A request with the promise of its caller. Only the first result counts. */
export class RenderJob {
  readonly request: RenderRequest
  readonly #result = Promise.withResolvers<Outputs>()
  readonly outputs = this.#result.promise
  readonly #stopListening: () => void

  constructor(request: RenderRequest, signal: AbortSignal, onAbort: (job: RenderJob) => void) {
    this.request = request
    const abort = (): void => {
      this.cancel()
      onAbort(this)
    }
    signal.addEventListener('abort', abort, { once: true })
    this.#stopListening = () => signal.removeEventListener('abort', abort)
  }

  resolve(outputs: Outputs): void {
    this.#stopListening()
    this.#result.resolve(outputs)
  }

  reject(error: SecretSyncError): void {
    this.#stopListening()
    this.#result.reject(error)
  }

  cancel(): void {
    this.reject(cancelled())
  }
}

/** Error when the caller has aborted, or the renderer was closed. */
export function cancelled(): SecretSyncError {
  return new SecretSyncError('Cancelled', 'templates: rendering was cancelled')
}
