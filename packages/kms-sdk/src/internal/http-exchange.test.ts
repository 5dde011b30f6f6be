import { EventEmitter, once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, request as httpRequest } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { ManualClock } from '@ack-secret-manager/core/testing'
import { describe, expect, it } from 'vitest'
import { HttpExchange } from './http-exchange.ts'

/** Reads like the SDK, by 'data' events. */
function read(response: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    response.on('error', reject)
    response.on('data', (chunk: Buffer) => chunks.push(chunk))
    response.on('end', () => resolve(Buffer.concat(chunks).toString()))
  })
}

/** A library with the limits of the SDK: it returns only the text of the response. */
async function body(port: number): Promise<string> {
  await Promise.resolve()
  const request = httpRequest({ port })
  request.end()
  const [response] = await once(request, 'response')
  await Promise.resolve()
  return read(response)
}

async function withServer<T>(listener: RequestListener, work: (port: number) => Promise<T>): Promise<T> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    return await work((server.address() as AddressInfo).port)
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

const exchange = (change: Partial<ConstructorParameters<typeof HttpExchange>[0]> = {}): HttpExchange =>
  new HttpExchange({
    signal: new AbortController().signal,
    clock: new ManualClock(),
    connectTimeoutMs: 1_000,
    maxResponseBytes: 1_000,
    open: new Map(),
    ...change,
  })

describe('HttpExchange', () => {
  it('observes status and headers of its call without changing the body', () =>
    withServer(
      (_request, response) => response.writeHead(418, { 'retry-after': '7' }).end('ä'.repeat(400)),
      async (port) => {
        const seen = exchange()
        expect(await seen.run(() => body(port))).toBe('ä'.repeat(400))
        expect(seen).toMatchObject({
          status: 418,
          headers: { 'retry-after': '7' },
          progress: 'complete',
          stopped: undefined,
        })
      },
    ))

  it('separates concurrent calls', () =>
    withServer(
      (request, response) => response.writeHead(Number(request.url?.slice(1) ?? 0)).end(),
      async (port) => {
        const call = async (status: number): Promise<string> => {
          await Promise.resolve()
          const request = httpRequest({ port, path: `/${status}` })
          request.end()
          const [response] = await once(request, 'response')
          return read(response)
        }
        const statuses = Array.from({ length: 50 }, (_, index) => 200 + index)
        const seen = await Promise.all(
          statuses.map(async (status) => {
            const one = exchange()
            await one.run(() => call(status))
            return one.status
          }),
        )
        expect(seen).toEqual(statuses)
      },
    ))

  it.each([
    ['too-large', 'announced', (response: Parameters<RequestListener>[1]) => response.end('x'.repeat(1_001))],
    [
      'too-large',
      'in pieces',
      (response: Parameters<RequestListener>[1]) => {
        response.write('x'.repeat(600))
        response.end('x'.repeat(600))
      },
    ],
    [
      'not-utf8',
      'an illegal byte',
      (response: Parameters<RequestListener>[1]) => response.end(Buffer.from([0x7b, 0xff])),
    ],
    [
      'not-utf8',
      'a character cut short',
      (response: Parameters<RequestListener>[1]) => response.end(Buffer.from([0xc3])),
    ],
  ])('reports %s: %s', (stopped, _rule, answer) =>
    withServer(
      (_request, response) => {
        answer(response)
      },
      async (port) => {
        const seen = exchange()
        await Promise.allSettled([seen.run(() => body(port))])
        expect(seen.stopped).toBe(stopped)
      },
    ),
  )

  it('aborts the request itself when the signal aborts', async () => {
    const arrived = new EventEmitter()
    await withServer(
      (request) => arrived.emit('request', request.socket),
      async (port) => {
        const stop = new AbortController()
        const running = exchange({ signal: stop.signal }).run(() => body(port))
        const [socket] = (await once(arrived, 'request')) as [Socket]
        const closed = once(socket, 'close')
        stop.abort(new Error('enough'))
        await expect(running).rejects.toThrow('enough')
        await closed
      },
    )
  })

  it('ignores requests outside of it', () =>
    withServer(
      (_request, response) => response.end('x'),
      async (port) => {
        const seen = exchange()
        const outside = body(port)
        expect(await seen.run(() => outside)).toBe('x')
        expect(seen).toMatchObject({ status: undefined, progress: 'none' })
      },
    ))
})
