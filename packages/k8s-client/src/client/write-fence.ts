import { SecretSyncError } from '@ack-secret-manager/core'
import type { Dispatcher } from 'undici'

/** Decides whether a client may send writes. */
export interface WriteFence {
  /** Whether a write may be sent at this moment. */
  readonly isOpen: boolean
  /** Resolves when writes may be sent. @throws SecretSyncError `Cancelled` if leadership has ended */
  opened(signal: AbortSignal): Promise<void>
}

/** The fence was closed when a connection became ready for the write. Nothing was sent, so the write can be retried. */
export class FenceClosedError extends SecretSyncError {
  constructor() {
    super('Cancelled', 'write not sent: leadership is not confirmed')
  }
}

/** Checks the fence as late as possible, because the process may have been suspended while a write waited for a connection. */
export function fenced(dispatcher: Dispatcher, fence: WriteFence): Dispatcher {
  return dispatcher.compose((dispatch) => (options, handler) => dispatch(options, new FencedHandler(handler, fence)))
}

class FencedHandler implements Dispatcher.DispatchHandler {
  readonly #handler: Dispatcher.DispatchHandler
  readonly #fence: WriteFence

  constructor(handler: Dispatcher.DispatchHandler, fence: WriteFence) {
    this.#handler = handler
    this.#fence = fence
  }

  /** undici calls this in the synchronous turn in which it writes the request to the socket. */
  onRequestStart(
    ...[controller, context]: Parameters<NonNullable<Dispatcher.DispatchHandler['onRequestStart']>>
  ): void {
    this.#handler.onRequestStart?.(controller, context)
    if (!this.#fence.isOpen) controller.abort(new FenceClosedError())
  }

  onResponseStart(...args: Parameters<NonNullable<Dispatcher.DispatchHandler['onResponseStart']>>): void {
    this.#handler.onResponseStart?.(...args)
  }

  onResponseData(...args: Parameters<NonNullable<Dispatcher.DispatchHandler['onResponseData']>>): void {
    this.#handler.onResponseData?.(...args)
  }

  onResponseEnd(...args: Parameters<NonNullable<Dispatcher.DispatchHandler['onResponseEnd']>>): void {
    this.#handler.onResponseEnd?.(...args)
  }

  onResponseError(...args: Parameters<NonNullable<Dispatcher.DispatchHandler['onResponseError']>>): void {
    this.#handler.onResponseError?.(...args)
  }
}
