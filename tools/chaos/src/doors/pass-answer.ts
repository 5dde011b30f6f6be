import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import type { DoorFault } from '../fault.ts'
import type { DoorCall } from './door.ts'
import { passWatch } from './pass-watch.ts'

/** An answer on its way back through a door. */
export interface PassingAnswer {
  readonly call: DoorCall
  readonly fault: DoorFault | undefined
  readonly answer: IncomingMessage
  readonly response: ServerResponse
  readonly spoiled: (kind: string) => void
  /** Something to do when the fault ends. */
  readonly hold: (end: () => void) => void
  /** The caller has been ended now that its call is done. */
  readonly isOver: () => boolean
  /** Nothing goes through the door at this moment. */
  readonly silent: () => boolean
}

const PIECE_BYTES = 64
/** Bodies of megabytes would outlast the fault many times over. */
const SLOW_PIECES = 40

/** Hands an answer on, spoiled as the fault says. */
export function passAnswer(passing: PassingAnswer): void {
  const { call, answer, response } = passing
  const cut = (): void => void response.destroy()
  answer.on('error', cut)
  if (call.isWatch && answer.statusCode === 200) return passWatch(passing)
  const chunks: Buffer[] = []
  answer.on('data', (chunk: Buffer) => chunks.push(chunk))
  answer.on('aborted', cut)
  answer.on('end', () => {
    if (passing.isOver()) cut()
    else void passWhole(passing, Buffer.concat(chunks)).catch(cut)
  })
}

async function passWhole(passing: PassingAnswer, body: Buffer): Promise<void> {
  const { fault, answer, response, spoiled, hold } = passing
  const head = (): void => {
    const { 'transfer-encoding': _chunked, ...headers } = answer.headers
    response.writeHead(answer.statusCode ?? 502, { ...headers, 'content-length': String(body.length) })
  }
  if (passing.silent()) return hold(() => response.destroy())
  switch (fault?.kind) {
    case 'answer-lost':
      spoiled(fault.kind)
      response.destroy()
      return
    case 'reset-mid-body':
      spoiled(fault.kind)
      head()
      response.write(body.subarray(0, Math.floor(body.length / 2)), () => response.destroy())
      return
    case 'latency':
      spoiled(fault.kind)
      await pause(fault.ms)
      break
    case 'slow-loris':
      spoiled(fault.kind)
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
