import { isIP } from 'node:net'
import { parseKmsEndpoint } from '@ack-secret-manager/backend-kms-endpoint'
import { SecretSyncError } from '@ack-secret-manager/core'

/**
 * Endpoints that resources may always name. `*` stands for one or more characters of one label, and right before
 * `aliyuncs.com` for a region.
 */
export const DEFAULT_ALLOWED_ENDPOINTS: readonly string[] = [
  'kms.*.aliyuncs.com',
  'kms-vpc.*.aliyuncs.com',
  '*.cryptoservice.kms.aliyuncs.com',
  'oos.*.aliyuncs.com',
  'oos-vpc.*.aliyuncs.com',
]

/**
 * Id of a region. Other products have hosts that customers name there, such as `BUCKET.oss-cn-hangzhou.aliyuncs.com`, and
 * a bucket may be called `kms`.
 */
const REGION = '(?:af|ap|cn|eu|me|na|rus|sa|us)(?:-[a-z0-9]+)+'

/** Most patterns that can be added. */
const MAX_PATTERNS = 1_000

/**
 * Which endpoints a resource may name, so that nobody can point the process at the metadata service or at a host that
 * collects signed requests. Patterns are anchored `HOST[:PORT]`; without a port they mean 443, and an IP address matches
 * only where it is written out.
 */
export class EndpointAllowList {
  readonly #literals = new Set<string>()
  readonly #globs: readonly RegExp[]

  /** @throws SecretSyncError `InvalidSpec` for a pattern that is none, naming the flag */
  constructor(added: readonly string[] = []) {
    if (added.length > MAX_PATTERNS) {
      throw new SecretSyncError(
        'InvalidSpec',
        `--allow-endpoint: ${added.length} given, at most ${MAX_PATTERNS} are taken`,
      )
    }
    const patterns = [...DEFAULT_ALLOWED_ENDPOINTS, ...added.map(checked)]
    for (const pattern of patterns) if (!pattern.includes('*')) this.#literals.add(pattern)
    this.#globs = patterns.filter((pattern) => pattern.includes('*')).map(regExpOf)
  }

  /**
   * The endpoint in canonical form.
   * @param where names the place that asks for it, for the error: `SecretStore prod/kms: spec.KMS.endpoint`
   * @throws SecretSyncError `InvalidSpec` when it is malformed or not allowed
   */
  check(endpoint: string, where: string): string {
    const canonical = parsed(endpoint, where)
    if (this.#literals.has(canonical)) return canonical
    if (!isAddress(canonical) && this.#globs.some((glob) => glob.test(canonical))) return canonical
    throw new SecretSyncError(
      'InvalidSpec',
      `${where}: ${canonical} is not among the allowed endpoints; --allow-endpoint ${canonical} would allow it`,
    )
  }
}

function checked(pattern: string): string {
  if (/\*[^.]*\*/.test(pattern)) {
    const got = JSON.stringify(pattern.slice(0, 80))
    throw new SecretSyncError('InvalidSpec', `--allow-endpoint: expected at most one * in a label, got ${got}`)
  }
  // A star is replaced by a letter to see whether the rest is an endpoint; stars belong to host names, not to ports.
  const [host = '', ...rest] = pattern.split(/(?=:\d*$)/)
  const sample = parsed(host.replaceAll('*', 'x') + rest.join(''), '--allow-endpoint')
  return pattern.includes('*') ? pattern.replace(/:443$/, '') : sample
}

function parsed(endpoint: string, where: string): string {
  try {
    return parseKmsEndpoint(endpoint)
  } catch (error) {
    if (!(error instanceof SecretSyncError)) throw error
    throw new SecretSyncError(error.code, `${where}: ${error.message}`)
  }
}

function regExpOf(glob: string): RegExp {
  const escaped = glob.replaceAll('.', '\\.').replace(/(?<=\.)\*(?=\\\.aliyuncs\\\.com)/, REGION)
  return new RegExp(`^${escaped.replaceAll('*', '[a-z0-9-]+')}$`)
}

function isAddress(endpoint: string): boolean {
  return endpoint.startsWith('[') || isIP(endpoint.replace(/:\d+$/, '')) !== 0
}
