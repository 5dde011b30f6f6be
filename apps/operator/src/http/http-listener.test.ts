import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { HttpListener, type HttpListenerOptions, type HttpRoutes, text } from './http-listener.ts'

/** Larger than the socket buffers of the kernel. */
const BIG = { status: 200, contentType: 'text/plain', body: Buffer.alloc(32 * 1024 * 1024, '.') }
const ASK = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: h\r\n\r\n`

const ending: Array<() => unknown> = []
afterEach(async () => {
  for (const end of ending.splice(0)) await end()
})

async function listen(routes: HttpRoutes, options?: HttpListenerOptions): Promise<number> {
  const listener = new HttpListener(routes, options)
  ending.push(() => listener.close())
  return listener.listen({ host: '127.0.0.1', port: 0 })
}

async function client(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  ending.unshift(() => socket.destroy())
  await once(socket, 'connect')
  return socket
}

/** Reads until the connection is closed. */
async function everything(socket: Socket): Promise<string> {
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk)).resume()
  if (!socket.closed) await once(socket, 'close')
  return Buffer.concat(chunks).toString()
}

it.each([
  ['GET', '/page', 200, 'here\n'],
  ['HEAD', '/page', 200, ''],
  ['POST', '/page', 405, 'method not allowed; use GET\n'],
  ['GET', '/broken', 500, 'internal error\n'],
  ['GET', '/constructor', 404, 'not found; available paths: /page, /broken\n'],
])('responds to %s %s with %i', async (method, path, status, body) => {
  const port = await listen({ '/page': () => text(200, 'here'), '/broken': () => Promise.reject(new Error('broken')) })
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { method })
  expect([response.status, await response.text()]).toEqual([status, body])
})

it('closes a connection after one request', async () => {
  const port = await listen({ '/page': () => text(200, 'here') })
  const socket = await client(port)
  socket.write(ASK('/page'))
  expect(await everything(socket)).toMatch(/^HTTP\/1.1 200 OK\r\n.*\r\nconnection: close\r\n.*\r\n\r\nhere\n$/is)
})

it('ignores pipelined requests', async () => {
  let asked = 0
  const port = await listen({ '/page': () => text(200, String((asked += 1))) })
  const socket = await client(port)
  socket.write(ASK('/page').repeat(5))
  await everything(socket)
  expect(asked).toBe(1)
})

it('closes connections at the deadline whose client neither reads nor sends', async () => {
  const port = await listen({ '/big': () => BIG }, { deadlineMs: 300 })
  const deaf = await client(port)
  deaf.pause().write(ASK('/big'))
  const silent = await client(port)
  expect(await everything(silent)).toBe('')
  expect((await everything(deaf)).length).toBeLessThan(BIG.body.length)
})

it('closes the oldest connection when the limit is exceeded', async () => {
  const port = await listen({ '/page': () => text(200, 'here') }, { connections: 2 })
  const held = [await client(port), await client(port)]
  const response = await fetch(`http://127.0.0.1:${port}/page`)
  expect(await response.text()).toBe('here\n')
  const [oldest] = held
  if (oldest) expect(await everything(oldest)).toBe('')
})
