import { realpath } from 'node:fs/promises'
import { isAbsolute, normalize, sep } from 'node:path'
import { type OidcTokenSource, tokenFile } from '@ack-secret-manager/auth-rrsa'
import { SecretSyncError } from '@ack-secret-manager/core'

/** Directory of token files that stores may always name. */
export const DEFAULT_TOKEN_PATH = '/var/run/secrets'
/** Tokens for the API server. They must never be sent to STS. */
const API_SERVER_TOKENS = '/var/run/secrets/kubernetes.io'

/** The files that stores may take OIDC tokens from. Without this check a store could have any file of the operator sent to STS. */
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

  /** Whether stores may name the path. Does not resolve links. */
  allows(path: string): boolean {
    const normalized = normalize(path)
    return this.#allowed.some((directory) => isBelow(normalized, directory)) && !isBelow(normalized, API_SERVER_TOKENS)
  }

  /**
   * A token source that resolves links and checks their target at each read.
   * @param where names the field, for the error
   * @throws SecretSyncError `InvalidSpec` when the path is not allowed
   */
  source(path: string, where: string): OidcTokenSource {
    const normalized = normalize(path)
    if (!this.allows(path)) throw notAllowed(normalized, where)
    const file = tokenFile(normalized)
    return {
      ...file,
      token: async (options) => {
        const real = await realpath(normalized).catch(() => undefined)
        // Reading the file gives the better error message.
        if (real === undefined) return file.token(options)
        if (!(await this.#isAllowed(real))) throw notAllowed(`${normalized}, a link to ${real},`, where)
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
    `${where}: ${path} is outside ${DEFAULT_TOKEN_PATH} and the directories of --allow-token-path`,
  )
}
