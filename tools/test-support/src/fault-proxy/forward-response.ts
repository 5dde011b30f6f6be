import { setTimeout as pause } from 'node:timers/promises'
import { forwardWatch } from './forward-watch.ts'
import type { ForwardedResponse } from './proxied-request.ts'

const PIECE_BYTES = 64
/** With small pieces, a body of megabytes would take much longer than the fault. */
const SLOW_PIECES = 40

/** Forwards a response with the fault applied. */
export function forwardResponse(passing: ForwardedResponse): void {
  const { call, upstreamResponse, response } = passing
  const cut = (): void => void response.destroy()
  upstreamResponse.on('error', cut)
  if (call.isWatch && upstreamResponse.statusCode === 200) return forwardWatch(passing)
  const chunks: Buffer[] = []
  upstreamResponse.on('data', (chunk: Buffer) => chunks.push(chunk))
  upstreamResponse.on('aborted', cut)
  upstreamResponse.on('end', () => {
    const body = Buffer.concat(chunks)
    passing.received?.(body.toString())
    if (passing.isOver()) cut()
    else void forwardWhole(passing, body).catch(cut)
  })
}

async function forwardWhole(passing: ForwardedResponse, body: Buffer): Promise<void> {
  const { fault, upstreamResponse, response, faulted, hold } = passing
  const head = (): void => {
    const { 'transfer-encoding': _chunked, ...headers } = upstreamResponse.headers
    response.writeHead(upstreamResponse.statusCode ?? 502, { ...headers, 'content-length': String(body.length) })
  }
  if (passing.silent()) return hold(() => response.destroy())
  switch (fault?.kind) {
    case 'response-lost':
      faulted(fault.kind)
      response.destroy()
      return
    case 'reset-mid-body':
      faulted(fault.kind)
      head()
      response.write(body.subarray(0, Math.floor(body.length / 2)), () => response.destroy())
      return
    case 'latency':
      faulted(fault.kind)
      await pause(fault.ms)
      break
    case 'slow-loris':
      faulted(fault.kind)
      head()
      for (let at = 0, piece = 0; at < body.length && !response.destroyed; piece += 1) {
        const end = piece < SLOW_PIECES ? at + PIECE_BYTES : body.length
        response.write(body.subarray(at, end))
        at = end
        await pause(fault.pauseMs)
      }
      response.end()
      return
    default:
  }
  if (response.destroyed) return
  head()
  response.end(body)
}
