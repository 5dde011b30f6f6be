import { type Clock, SecretSyncError } from '@ack-secret-manager/core'

interface IdleSignal extends Disposable {
  readonly signal: AbortSignal
  /** Restarts the idle timeout. */
  readonly touch: () => void
}

/** Aborts with the outer signal, or after `idleTimeoutMs` without data, because a lost peer does not close the connection. */
export function idleSignal(
  { clock, idleTimeoutMs, path }: { readonly clock: Clock; readonly idleTimeoutMs: number; readonly path: string },
  outer: AbortSignal,
): IdleSignal {
  const controller = new AbortController()
  const stop = (): void => controller.abort(outer.reason)
  if (outer.aborted) stop()
  outer.addEventListener('abort', stop, { once: true })
  let lastMs = clock.monotonic()
  const check = (): void => {
    const leftMs = lastMs + idleTimeoutMs - clock.monotonic()
    if (leftMs > 0) timer = clock.setTimeout(check, leftMs)
    else
      controller.abort(new SecretSyncError('Timeout', `watch ${path}: no data for ${idleTimeoutMs} ms; reconnecting`))
  }
  let timer = clock.setTimeout(check, idleTimeoutMs)
  return {
    signal: controller.signal,
    touch: () => {
      lastMs = clock.monotonic()
    },
    [Symbol.dispose]: () => {
      timer.cancel()
      outer.removeEventListener('abort', stop)
    },
  }
}
