import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { debianProgram } from './debian-program.ts'
import { startServer } from './server-process.ts'

/** A Redis server on a socket, in memory. */
export interface RedisServer extends AsyncDisposable {
  /** Its socket: the `path` of a client. */
  readonly path: string
}

const BIN = 'usr/bin/redis-server'

/**
 * Starts the Redis of this machine, or that of Debian's package, which the first call downloads into the cache.
 * @param password of the default user
 * @throws DebianUnavailable if there is none and no package can be downloaded
 */
export async function startRedis(password: string): Promise<RedisServer> {
  const { root, env } = await debianProgram('redis-server', { bin: BIN })
  const directory = await mkdtemp(path.join(tmpdir(), 'redis-'))
  const socket = path.join(directory, 'redis.sock')
  const args = ['--port', '0', '--unixsocket', socket, '--save', '', '--dir', directory, '--requirepass', password]
  const remove = (): Promise<void> => rm(directory, { recursive: true, force: true })
  try {
    const stop = await startServer({ file: path.join(root, BIN), args, env, ready: /ready to accept connections/i })
    return {
      path: socket,
      [Symbol.asyncDispose]: async () => {
        await stop()
        await remove()
      },
    }
  } catch (error) {
    await remove()
    throw error
  }
}
