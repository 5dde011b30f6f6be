import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { registrySettings } from '@ack-secret-manager/e2e-image/npm-settings'

const DEADLINE_MS = 5 * 60_000
/** Also found by the package that a user installs. */
const KEPT = ['PATH', 'NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'HTTPS_PROXY', 'https_proxy', 'NO_PROXY', 'no_proxy']

/** A user of npm with a home directory of its own, whose npm gets our scope from one registry and the rest from where this machine does. */
export class NpmUser implements AsyncDisposable {
  readonly env: NodeJS.ProcessEnv
  readonly #home: string

  private constructor(home: string, env: NodeJS.ProcessEnv) {
    this.#home = home
    this.env = env
  }

  /** @param token of a user who may publish */
  static async open(registry: string, token?: string): Promise<NpmUser> {
    const home = await mkdtemp(path.join(tmpdir(), 'acksm-npm-user-'))
    const { host } = new URL(registry)
    const npmrc = path.join(home, '.npmrc')
    const settings = [
      ...(await registrySettings()),
      `@ack-secret-manager:registry=${registry}`,
      ...(token === undefined ? [] : [`//${host}/:_authToken=${token}`]),
      `cache=${path.join(home, 'cache')}`,
      'audit=false',
      'fund=false',
      'update-notifier=false',
    ]
    await writeFile(npmrc, `${settings.join('\n')}\n`, { mode: 0o600 })
    const kept = KEPT.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]]))
    return new NpmUser(home, { ...Object.fromEntries(kept), HOME: home, npm_config_userconfig: npmrc })
  }

  /** A new empty folder with a manifest. */
  async folder(name: string): Promise<string> {
    const folder = path.join(this.#home, 'folders', name)
    await mkdir(folder, { recursive: true })
    await writeFile(path.join(folder, 'package.json'), '{"private":true,"type":"module"}')
    return folder
  }

  /** Runs a command line in a shell, as a user who copies it. @returns its output @throws Error with its output */
  async type(folder: string, line: string): Promise<string> {
    try {
      const options = { cwd: folder, env: this.env, timeout: DEADLINE_MS, maxBuffer: 2 ** 24 }
      return (await promisify(execFile)('sh', ['-c', line], options)).stdout
    } catch (cause) {
      const { stdout = '', stderr = '' } = cause as { stdout?: string; stderr?: string }
      throw new Error(`${line}:\n${stdout}${stderr}`, { cause })
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#home, { recursive: true, force: true })
  }
}
