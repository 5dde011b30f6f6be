import { realpath } from 'node:fs/promises'
import { isAbsolute, normalize, sep } from 'node:path'
import { type OidcTokenSource, tokenFile } from '@ack-secret-manager/auth-rrsa'
import { SecretSyncError } from '@ack-secret-manager/core'

/** Where token files of stores may lie without being allowed by name. */
export const DEFAULT_TOKEN_PATH = '/var/run/secrets'
/** Tokens for the API server itself: nothing that STS would take, and nothing that should be sent there. */
const API_SERVER_TOKENS = '/var/run/secrets/kubernetes.io'

/** Which files stores may take OIDC tokens from, so that no store can have another file of the process sent to STS. */
export class TokenPaths {
  readonly #allowed: readonly string[]

  /** @throws SecretSyncError `InvalidSpec` for a path that is not absolute, naming the flag */
  constructor(added: readonly string[] = []) {
    const relative = added.find((path) => !isAbsolute(path))
    if (relative !== undefined) {
      const got = JSON.stringify(relative.slice(0, 120))
      throw new SecretSyncError('InvalidSpec', `--allow-token-path: expected an absolute path, got ${got}`)
    }
    this.#allowed = [DEFAULT_TOKEN_PATH, ...added.map((path) => normalize(path))]
  }

  /** Whether stores may name the file, wherever it leads. */
  admits(path: string): boolean {
    const asked = normalize(path)
    return this.#allowed.some((directory) => isBelow(asked, directory)) && !isBelow(asked, API_SERVER_TOKENS)
  }

  /**
   * A source that reads the file where it is allowed, links followed, at each read.
   * @param where names the field, for the error
   * @throws SecretSyncError `InvalidSpec` when the path itself leads elsewhere
   */
  source(path: string, where: string): OidcTokenSource {
    const asked = normalize(path)
    if (!this.admits(path)) throw notAllowed(asked, where)
    const file = tokenFile(asked)
    return {
      ...file,
      token: async (options) => {
        const real = await realpath(asked).catch(() => undefined)
        // What is wrong with the file is said best by its reader.
        if (real === undefined) return file.token(options)
        if (!(await this.#isAllowed(real))) throw notAllowed(`${asked}, a link to ${real},`, where)
        return tokenFile(real).token(options)
      },
    }
  }

  async #isAllowed(real: string): Promise<boolean> {
    const resolve = (path: string): Promise<string> => realpath(path).catch(() => path)
    if (isBelow(real, await resolve(API_SERVER_TOKENS))) return false
    const directories = await Promise.all(this.#allowed.map(resolve))
    return directories.some((directory) => isBelow(real, directory))
  }
}

function isBelow(path: string, directory: string): boolean {
  return path === directory || path.startsWith(directory.endsWith(sep) ? directory : directory + sep)
}

function notAllowed(path: string, where: string): SecretSyncError {
  return new SecretSyncError(
    'InvalidSpec',
    `${where}: ${path} is not below ${DEFAULT_TOKEN_PATH} or a path that --allow-token-path adds`,
  )
}
