import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { freePort } from '@ack-secret-manager/control-plane/free-port'
import { Program } from '@ack-secret-manager/testenv'
import { stringify } from 'yaml'
import { verdaccioProgram } from './verdaccio-program.ts'

const START_DEADLINE_MS = 60_000

/** A real npm registry on loopback with our scope alone. Disposal stops it and deletes what it stores. */
export class Verdaccio implements AsyncDisposable {
  readonly url: string
  /** Of the one user who may publish. */
  readonly token: string
  readonly #program: Program
  readonly #directory: string

  private constructor(parts: Pick<Verdaccio, 'url' | 'token'> & { program: Program; directory: string }) {
    this.url = parts.url
    this.token = parts.token
    this.#program = parts.program
    this.#directory = parts.directory
  }

  static async start(): Promise<Verdaccio> {
    const script = await verdaccioProgram()
    const directory = await mkdtemp(path.join(tmpdir(), 'acksm-verdaccio-'))
    const config = path.join(directory, 'config.yaml')
    await writeFile(config, stringify(configOf(directory)))
    const url = `http://127.0.0.1:${await freePort()}/`
    const args = ['--config', config, '--listen', url]
    const program = Program.start({ name: 'verdaccio', script, args, env: { HOME: directory } })
    try {
      await program.line((line) => (line.includes('http address') ? true : undefined), START_DEADLINE_MS)
      return new Verdaccio({ url, token: await addUser(url), program, directory })
    } catch (error) {
      await program.stop()
      await rm(directory, { recursive: true, force: true })
      throw error
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program.stop()
    await rm(this.#directory, { recursive: true, force: true })
  }
}

function configOf(directory: string): object {
  return {
    storage: path.join(directory, 'storage'),
    auth: { htpasswd: { file: path.join(directory, 'htpasswd') } },
    packages: { '@ack-secret-manager/*': { access: '$all', publish: '$authenticated' } },
    max_body_size: '100mb',
    web: { enable: false },
    log: { type: 'stdout', format: 'pretty', level: 'warn' },
  }
}

/** Registers the publisher like `npm adduser`. @returns the token */
async function addUser(url: string): Promise<string> {
  const name = 'publisher'
  const response = await fetch(`${url}-/user/org.couchdb.user:${name}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name, password: randomBytes(16).toString('hex') }),
    signal: AbortSignal.timeout(START_DEADLINE_MS),
  })
  const { token, error } = (await response.json()) as { token?: string; error?: string }
  if (token === undefined) throw new Error(`verdaccio: no token for a new user: ${response.status} ${error ?? ''}`)
  return token
}
