import { isIP } from 'node:net'
import { parseEndpoint, REGION_PATTERN } from '@ack-secret-manager/alicloud-openapi'
import { SecretSyncError } from '@ack-secret-manager/core'

/**
 * Anchored patterns `HOST[:PORT]`; the default port is 443. `*` matches within one label, and a region directly before
 * `aliyuncs.com`. An IP address matches only a pattern without `*`.
 */
export class EndpointPatterns {
  readonly #literals = new Set<string>()
  readonly #globs: readonly RegExp[]

  /**
   * @param whereOf names the field or flag of a pattern, for errors
   * @throws SecretSyncError `InvalidSpec` for a malformed pattern
   */
  constructor(patterns: readonly string[], whereOf: (index: number) => string) {
    const canonical = patterns.map((pattern, index) => checked(pattern, whereOf(index)))
    for (const pattern of canonical) if (!pattern.includes('*')) this.#literals.add(pattern)
    this.#globs = canonical.filter((pattern) => pattern.includes('*')).map(regExpOf)
  }

  /** @param endpoint in canonical form */
  matches(endpoint: string): boolean {
    if (this.#literals.has(endpoint)) return true
    return !isAddress(endpoint) && this.#globs.some((glob) => glob.test(endpoint))
  }
}

/** The endpoint in canonical form. @throws SecretSyncError that starts with `where` */
export function parsedEndpoint(endpoint: string, where: string): string {
  try {
    return parseEndpoint(endpoint)
  } catch (error) {
    if (!(error instanceof SecretSyncError)) throw error
    throw new SecretSyncError(error.code, `${where}: ${error.message}`)
  }
}

function checked(pattern: string, where: string): string {
  if (/\*[^.]*\*/.test(pattern)) {
    const got = JSON.stringify(pattern.slice(0, 80))
    throw new SecretSyncError('InvalidSpec', `${where}: expected at most one * in a label, got ${got}`)
  }
  // Replacing each star by a letter must give a valid endpoint. Stars are allowed in the host, not in the port.
  const [host = '', ...rest] = pattern.split(/(?=:\d*$)/)
  const sample = parsedEndpoint(host.replaceAll('*', 'x') + rest.join(''), where)
  return pattern.includes('*') ? pattern.replace(/:443$/, '') : sample
}

function regExpOf(glob: string): RegExp {
  const escaped = glob.replaceAll('.', '\\.').replace(/(?<=\.)\*(?=\\\.aliyuncs\\\.com)/, REGION_PATTERN)
  return new RegExp(`^${escaped.replaceAll('*', '[a-z0-9-]+')}$`)
}

function isAddress(endpoint: string): boolean {
  return endpoint.startsWith('[') || isIP(endpoint.replace(/:\d+$/, '')) !== 0
}
