import { execFile } from 'node:child_process'
import { globSync } from 'node:fs'
import { chmod, chown, cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { serverUser } from './as-user.ts'
import { debianProgram } from './debian-program.ts'
import { startServer } from './server-process.ts'

/** A PostgreSQL server on a socket, with an empty database `postgres`. */
export interface PostgresServer extends AsyncDisposable {
  /** Folder of its socket: the `host` of a client. */
  readonly host: string
  /** The administrator, who needs no password. */
  readonly admin: string
}

/** Passwords for all users but the administrator. */
const RULES = 'local all postgres trust\nlocal all all scram-sha-256\n'
const SETTINGS = {
  listen_addresses: '',
  fsync: 'off',
  shared_buffers: '16MB',
  max_connections: '100',
  autovacuum: 'off',
  log_min_messages: 'log',
}

/**
 * Starts the PostgreSQL of this machine, or that of Debian's package, which the first call downloads into the cache.
 * @throws DebianUnavailable if there is none and no package can be downloaded
 */
export async function startPostgres(): Promise<PostgresServer> {
  const programs = await postgresPrograms()
  const directory = await mkdtemp(path.join(tmpdir(), 'postgres-'))
  const data = path.join(directory, 'data')
  const user = serverUser()
  let stop: (() => Promise<void>) | undefined
  const close = async (): Promise<void> => {
    await stop?.()
    await rm(directory, { recursive: true, force: true })
  }
  try {
    if (user !== undefined) await chown(directory, user.uid, user.gid)
    const [bin, env] = await reachable(programs, directory)
    const init = [
      '-D',
      data,
      '-U',
      'postgres',
      '-A',
      'trust',
      '-E',
      'UTF8',
      '--locale=C',
      '--no-sync',
      '--no-instructions',
    ]
    await promisify(execFile)(path.join(bin, 'initdb'), init, { cwd: directory, env, ...user })
    await writeFile(path.join(data, 'pg_hba.conf'), RULES)
    const settings = Object.entries({ ...SETTINGS, unix_socket_directories: directory })
    const args = ['-D', data, ...settings.flatMap(([name, value]) => ['-c', `${name}=${value}`])]
    stop = await startServer({
      file: path.join(bin, 'postgres'),
      args,
      env,
      user,
      ready: /ready to accept connections/,
    })
  } catch (error) {
    await close()
    throw error
  }
  return { host: directory, admin: 'postgres', [Symbol.asyncDispose]: close }
}

interface Programs {
  readonly root: string
  readonly bin: string
  readonly env: Readonly<Record<string, string>>
}

async function postgresPrograms(): Promise<Programs> {
  const { root, env } = await debianProgram('postgresql', { bin: 'usr/lib/postgresql/*/bin/postgres' })
  const [file = ''] = globSync(path.join(root, 'usr/lib/postgresql/*/bin/postgres')).toSorted().toReversed()
  return { root, bin: path.dirname(file), env }
}

/** The folder of root is closed for other users. */
async function reachable(
  { root, bin, env }: Programs,
  directory: string,
): Promise<[bin: string, env: Readonly<Record<string, string>>]> {
  if (root === '/' || serverUser() === undefined) return [bin, env]
  const copy = path.join(directory, 'root')
  await cp(path.join(root, 'usr'), path.join(copy, 'usr'), { recursive: true, verbatimSymlinks: true })
  await chmod(copy, 0o755)
  const moved = Object.entries(env).map(([name, value]) => [name, value.replaceAll(root, copy)])
  return [bin.replace(root, copy), Object.fromEntries(moved) as Record<string, string>]
}
