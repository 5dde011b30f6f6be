import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'

/** Below the ephemeral ports, from which another process could get the same port while the API server is down. */
const PORTS = { first: 20_000, count: 12_000 }

/** A port on 127.0.0.1 that no program listens on. @throws Error when none is found */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const port = PORTS.first + randomInt(PORTS.count)
    if (await isFree(port)) return port
  }
  throw new Error('the system gave no port')
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1')
  try {
    await once(server, 'listening')
  } catch {
    return false
  }
  server.close()
  await once(server, 'close')
  return true
}
